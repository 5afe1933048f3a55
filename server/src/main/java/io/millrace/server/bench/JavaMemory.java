package io.millrace.server.bench;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * What a Java process holds, as it says itself.
 *
 * @param heap bytes reachable
 * @param direct bytes of buffers outside the heap, those that are pooled for later included
 */
record JavaMemory(long heap, long direct) {
    /** Has the process collect its garbage first. */
    @SuppressWarnings("BanJNDI") // the address is that of the process's own agent, on this machine
    static JavaMemory of(long pid) throws IOException {
        try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(agent(pid)))) {
            MBeanServerConnection beans = connector.getMBeanServerConnection();
            MemoryMXBean memory = ManagementFactory.getPlatformMXBean(beans, MemoryMXBean.class);
            memory.gc();
            long direct = ManagementFactory.getPlatformMXBeans(beans, BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct"))
                    .mapToLong(BufferPoolMXBean::getMemoryUsed)
                    .sum();
            return new JavaMemory(memory.getHeapMemoryUsage().getUsed(), direct);
        }
    }

    private static String agent(long pid) throws IOException {
        try {
            VirtualMachine process = VirtualMachine.attach(Long.toString(pid));
            try {
                return process.startLocalManagementAgent();
            } finally {
                process.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("the memory of process %d can't be asked for".formatted(pid), e);
        }
    }

    JavaMemory minus(JavaMemory earlier) {
        return new JavaMemory(heap - earlier.heap, direct - earlier.direct);
    }
}
