package io.millrace.trainer.pipeline;

import io.millrace.trainer.batch.Sequence;
import io.millrace.trainer.example.AdapterName;
import io.millrace.trainer.log.ExampleLog;
import io.millrace.trainer.log.LoggedExample;
import io.millrace.trainer.step.Phase;
import io.millrace.trainer.tokenizer.ExampleTokenizer;
import io.millrace.trainer.tokenizer.LengthLimit;
import io.millrace.trainer.tokenizer.Tokenized;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Turns an adapter's logged examples into what the model sees. */
record Members(AdapterName adapter, ExampleLog log, ExampleTokenizer tokenizer, LengthLimit limit) {
    Tokenized tokenize(LoggedExample logged) {
        try (Phase phase = Phase.begin(Phase.Kind.TOKENISE)) {
            return tokenizer.tokenize(logged.example(), limit);
        }
    }

    static Member of(LoggedExample logged, Tokenized.Tokens tokens) {
        return new Member(
                logged.seq(), logged.stream(), logged.offset(), new Sequence(tokens.ids(), tokens.lossWeights()));
    }

    /** Those of the named examples that are still in the log and still fit the config, in the order named. */
    List<Member> read(Collection<Long> seqs) {
        Map<Long, Member> bySeq = new HashMap<>();
        for (LoggedExample logged : log.read(adapter, seqs)) {
            if (tokenize(logged) instanceof Tokenized.Tokens tokens) {
                bySeq.put(logged.seq(), of(logged, tokens));
            }
        }
        List<Member> members = new ArrayList<>();
        for (long seq : seqs) {
            Member member = bySeq.get(seq);
            if (member != null) {
                members.add(member);
            }
        }
        return members;
    }

    /** All of the named examples. @throws IllegalStateException if one is gone or refused now */
    List<Member> require(Collection<Long> seqs) {
        List<Member> members = read(seqs);
        if (members.size() < seqs.size()) {
            throw new IllegalStateException(
                    "%s: %d of the examples that a batch is to be formed of again can't be read; its config may have changed, or the log was damaged"
                            .formatted(adapter, seqs.size() - members.size()));
        }
        return members;
    }
}
