package io.millrace.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The server carries data between the network and the trainer; what it computes with is the trainer's affair. */
@AnalyzeClasses(packages = "io.millrace.server", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule onlyCommands_useTheClient = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.millrace.server.cli..",
                    "io.millrace.server.bench..",
                    "io.millrace.server.compare..",
                    "io.millrace.server.command..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.millrace.client..");

    @ArchTest
    static final ArchRule services_knowNothingOfTheComputation = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.millrace.server",
                    "io.millrace.server.ingest..",
                    "io.millrace.server.checkpoint..",
                    "io.millrace.server.adapter..",
                    "io.millrace.server.api..",
                    "io.millrace.server.grpc..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.trainer.model..",
                    "io.millrace.trainer.peft..",
                    "io.millrace.trainer.step..",
                    "io.millrace.trainer.eval..",
                    "ai.djl..");

    @ArchTest
    static final ArchRule bridge_knowsNoService = noClasses()
            .that()
            .resideInAPackage("io.millrace.server.grpc..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.trainer..",
                    "io.millrace.v1..",
                    "io.millrace.server.ingest..",
                    "io.millrace.server.checkpoint..",
                    "io.millrace.server.adapter..",
                    "io.millrace.server.cli..");
}
