package io.millrace.server.command;

import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** Another process of the program that runs, with the same settings of the JVM. */
public final class SameProgram {
    private SameProgram() {}

    /**
     * What starts it.
     *
     * @param main the class with {@code main}
     */
    public static ProcessBuilder with(Class<?> main, List<String> arguments) {
        String java = System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
        List<String> command = new ArrayList<>(List.of(java));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
