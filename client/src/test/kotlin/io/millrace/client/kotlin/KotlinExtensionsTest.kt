package io.millrace.client.kotlin

import io.millrace.client.Ack
import io.millrace.client.Content.Message
import io.millrace.client.Example
import io.millrace.client.FakeAdapters
import io.millrace.client.FakeCheckpoints
import io.millrace.client.FakeIngest
import io.millrace.client.FakeServer
import io.millrace.client.MillraceClient
import io.millrace.client.StartFrom
import kotlinx.coroutines.flow.asFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

class KotlinExtensionsTest {
    private val ingest = FakeIngest()
    private val checkpoints = FakeCheckpoints()
    private val server = FakeServer(ingest, checkpoints, FakeAdapters())
    private val client = MillraceClient.over(server.channel())

    @AfterEach
    fun stop() = server.close()

    @Test
    fun flowOfExamples_isAcknowledged() =
        runBlocking {
            val stream = "$ADAPTER/streams/s"
            val sender = client.examples()

            val sent = sender.send(stream, (0 until 40).asFlow().map { Example.text("text $it") }).toList()
            val resumed = sender.resumeFlow(stream) { next -> (next.toInt() until 41).asFlow().map { chat("$it") } }.toList()

            assertThat(sent.sumOf(Ack::count)).isEqualTo(40)
            assertThat(resumed).containsExactly(Ack(40, 1))
            assertThat(sender.awaitStatus(stream).durableThrough).isEqualTo(41)
            assertThat(sender.awaitSettled(stream).isSettled).isTrue()
            Unit
        }

    @Test
    fun watchedCheckpoint_isDownloaded(
        @TempDir directory: Path,
    ) = runBlocking {
        checkpoints.watchScript.add { _, responses -> responses.onNext(FakeCheckpoints.event(checkpoints.revision(3))) }

        val checkpoint = client.checkpoints().watchFlow(ADAPTER, StartFrom.earliest()).first()
        val folder: Path = client.checkpoints().awaitDownload(checkpoint, directory)

        assertThat(folder.resolve("adapter_config.json")).hasContent("{\"r\": 3}")
        Unit
    }

    @Test
    fun adapters_areLookedAfter() =
        runBlocking {
            val adapters = client.adapters()
            val created = adapters.awaitCreate(ADAPTER)

            // With strict nullness this line compiles only if the Java side says that the name is never null.
            val length: Int = created.name.length

            assertThat(length).isEqualTo(ADAPTER.length)
            assertThat(adapters.awaitPause(ADAPTER, "audit").stateReason).isEqualTo("audit")
            assertThat(adapters.awaitUpdate(ADAPTER, "{}").configJson).isEqualTo("{}")
            assertThat(adapters.awaitResume(ADAPTER)).isEqualTo(adapters.awaitGet(ADAPTER))
            assertThat(adapters.awaitRollback(ADAPTER, 2).revision).isEqualTo(102)
            assertThat(adapters.listFlow().toList()).hasSize(1)
            adapters.awaitDelete(ADAPTER)
            assertThat(adapters.listFlow().toList()).isEmpty()
        }

    private fun chat(text: String): Example = Example.chat(Message.of("user", text), Message.of("assistant", text))

    private companion object {
        const val ADAPTER = "tenants/t/adapters/a"
    }
}
