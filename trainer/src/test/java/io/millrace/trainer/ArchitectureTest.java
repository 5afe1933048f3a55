package io.millrace.trainer;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;

/** Data flows one way: a package knows those before it and none after it; the trainer knows no network. */
@AnalyzeClasses(packages = "io.millrace.trainer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    /** In the order of the flow. */
    private static final List<String> PACKAGES = Stream.of(
                    "example",
                    "log",
                    "chat",
                    "tokenizer",
                    "batch",
                    "model",
                    "peft",
                    "search",
                    "method",
                    "step",
                    "eval",
                    "checkpoint",
                    "pipeline")
            .map(name -> "io.millrace.trainer." + name + "..")
            .toList();

    @ArchTest
    static void packages_dependOnlyOnThoseBeforeThem(JavaClasses trainer) {
        for (int i = 0; i < PACKAGES.size() - 1; i++) {
            String[] later = PACKAGES.subList(i + 1, PACKAGES.size()).toArray(String[]::new);
            noClasses()
                    .that()
                    .resideInAPackage(PACKAGES.get(i))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(later)
                    .check(trainer);
        }
    }

    @ArchTest
    static final ArchRule everyClass_hasItsPlaceInTheFlow =
            classes().should().resideInAnyPackage(PACKAGES.toArray(String[]::new));

    @ArchTest
    static final ArchRule trainer_knowsNoNetwork = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.grpc..",
                    "io.netty..",
                    "com.google.protobuf..",
                    "io.millrace.v1..",
                    "io.millrace.server..",
                    "io.millrace.client..");

    @ArchTest
    static final ArchRule ndArrays_stayInsideTheComputingPackages = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.millrace.trainer.model..",
                    "io.millrace.trainer.peft..",
                    "io.millrace.trainer.method..",
                    "io.millrace.trainer.step..",
                    "io.millrace.trainer.eval..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl.ndarray..");
}
