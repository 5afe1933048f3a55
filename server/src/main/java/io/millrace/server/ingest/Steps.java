package io.millrace.server.ingest;

import io.millrace.trainer.example.AdapterName;
import io.millrace.v1.AppendExamplesRequest;
import io.millrace.v1.AppendExamplesRequest.Append;
import java.util.ArrayList;
import java.util.List;

/** Reads and checks a call's appends, and joins those that can be stored together. */
record Steps(AdapterName adapter, ExampleRows rows) {
    List<Step> of(List<AppendExamplesRequest> requests) {
        List<Step> steps = new ArrayList<>();
        List<Step.Append> run = new ArrayList<>();
        for (AppendExamplesRequest request : requests) {
            Step step = of(request);
            boolean follows = step instanceof Step.Store store
                    && (run.isEmpty() || run.get(run.size() - 1).end() == store.offset());
            if (!follows && !run.isEmpty()) {
                steps.add(new Step.Store(run));
                run.clear();
            }
            if (step instanceof Step.Store store) {
                run.addAll(store.appends());
            } else {
                steps.add(step);
            }
        }
        if (!run.isEmpty()) {
            steps.add(new Step.Store(run));
        }
        return steps;
    }

    private Step of(AppendExamplesRequest request) {
        if (!request.hasAppend()) {
            return new Step.Misplaced();
        }
        Append append = request.getAppend();
        ExampleRows.Checked checked = rows.check(adapter, append.getExamplesList());
        return checked instanceof ExampleRows.Checked.Refused refused
                ? new Step.Refuse(append.getOffset(), refused.status(), refused.rows())
                : new Step.Store(List.of(
                        new Step.Append(append.getOffset(), ((ExampleRows.Checked.Accepted) checked).examples())));
    }
}
