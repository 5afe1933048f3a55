package io.millrace.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.BlockingClientCall;
import io.millrace.server.grpc.Drain;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MillraceServerTest {
    private final TestServer server;

    MillraceServerTest(@TempDir Path directory) throws IOException {
        server = new TestServer(directory.resolve("data"));
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.close();
    }

    @Test
    void health_isServingForTheServerAndEachService() {
        for (String service : List.of("", "millrace.v1.IngestService", "millrace.v1.CheckpointService")) {
            HealthCheckResponse response = HealthGrpc.newBlockingStub(server.channel)
                    .check(HealthCheckRequest.newBuilder().setService(service).build());
            assertThat(response.getStatus()).isEqualTo(ServingStatus.SERVING);
        }
    }

    @Test
    void reflection_namesTheServices() throws Exception {
        BlockingClientCall<ServerReflectionRequest, ServerReflectionResponse> call =
                ServerReflectionGrpc.newBlockingV2Stub(server.channel)
                        .withDeadlineAfter(60, TimeUnit.SECONDS)
                        .serverReflectionInfo();
        call.write(ServerReflectionRequest.newBuilder().setListServices("").build());

        assertThat(call.read().getListServicesResponse().getServiceList())
                .extracting(ServiceResponse::getName)
                .contains("millrace.v1.IngestService", "millrace.v1.CheckpointService");
        call.halfClose();
    }

    @Test
    void otherInterfacesThanLoopback_areNotListenedOn() throws IOException {
        List<InetAddress> others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .toList();
        for (InetAddress address : others) {
            assertThatThrownBy(() -> connect(address)).isInstanceOf(ConnectException.class);
        }
        connect(InetAddress.getLoopbackAddress());
    }

    private void connect(InetAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, server.port()), 5_000);
        }
    }

    @Test
    void portInUse_isRefusedNamingIt() {
        assertThatThrownBy(() -> MillraceServer.start(ServerSettings.onPort(server.port()), new Drain(), List.of()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(Integer.toString(server.port()));
    }
}
