package io.millrace.server.cli;

import io.millrace.client.cli.BadDataException;
import io.millrace.client.cli.ExitCode;
import io.millrace.client.cli.JsonEvents;
import io.millrace.client.cli.OutputOptions;
import io.millrace.server.ServerSettings;
import io.millrace.server.TrainerServer;
import io.millrace.server.command.ModelOptions;
import io.millrace.trainer.log.DataDirectoryException;
import io.millrace.trainer.log.StorageException;
import io.millrace.trainer.pipeline.Base;
import io.millrace.trainer.pipeline.OnlineTrainer;
import io.millrace.trainer.pipeline.TrainerSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace serve}: the server. */
@Command(
        name = "serve",
        description = {
            "Takes examples, trains adapters on them, and hands out each better checkpoint. Listens on 127.0.0.1 only.",
            "On SIGTERM or Ctrl-C, appends under way are answered, the running step is finished and committed.",
            "When the disk fails, it ends at once with status 74, and goes on where it was when it is started again."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  millrace serve --model smollm2-135m-instruct --data data",
            "  millrace serve --json --model models/my-llama --data data --port 0"
        })
final class ServeCommand implements Callable<Integer> {
    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Where everything durable is kept; made if absent. It belongs to one model and one process.")
    private Path data = Path.of("");

    @Option(
            names = "--port",
            defaultValue = "7070",
            paramLabel = "N",
            description = "Port; 0 picks a free one (default: ${DEFAULT-VALUE}).")
    private int port;

    @Override
    public Integer call() {
        return output.run(this::serve);
    }

    private int serve(JsonEvents events) throws IOException {
        if (port < 0 || port > 65_535) {
            throw output.usage("--port is %d; it must be 0 (any free one) to 65535".formatted(port));
        }
        Base base = model.load(output);
        TrainerServer server = start(base);
        ServerLife life = ServerLife.begin(server, output, events);
        String address = "127.0.0.1:" + server.port();
        events.event("ready").with("grpc", address).emit();
        output.note("Serving on %s. Stop with Ctrl-C.".formatted(address));
        life.awaitEnd();
        return ExitCode.OK;
    }

    private TrainerServer start(Base base) throws IOException {
        try {
            OnlineTrainer trainer = OnlineTrainer.open(data, base, TrainerSettings.DEFAULT, Clock.systemUTC());
            try {
                return TrainerServer.start(trainer, ServerSettings.onPort(port));
            } catch (IOException | RuntimeException e) {
                trainer.close();
                throw e;
            }
        } catch (DataDirectoryException e) {
            base.close();
            throw new BadDataException(String.valueOf(e.getMessage()));
        } catch (StorageException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
