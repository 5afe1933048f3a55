package io.millrace.client.kotlin

import io.millrace.client.Adapter
import io.millrace.client.AdapterClient
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.reactive.asFlow
import kotlinx.coroutines.reactor.awaitSingle
import kotlinx.coroutines.reactor.awaitSingleOrNull
import java.nio.file.Path

/** Creates an adapter, from the weights in [peftFolder] if one is given. */
suspend fun AdapterClient.awaitCreate(
    name: String,
    configJson: String = "",
    peftFolder: Path? = null,
): Adapter =
    if (peftFolder == null) {
        create(name, configJson).awaitSingle()
    } else {
        create(name, configJson, peftFolder).awaitSingle()
    }

suspend fun AdapterClient.awaitGet(name: String): Adapter = get(name).awaitSingle()

fun AdapterClient.listFlow(): Flow<Adapter> = list().asFlow()

/** Erases an adapter. */
suspend fun AdapterClient.awaitDelete(name: String) {
    delete(name).awaitSingleOrNull()
}

/** Changes how it is trained, from the next batch on. */
suspend fun AdapterClient.awaitUpdate(
    name: String,
    configJson: String,
): Adapter = update(name, configJson).awaitSingle()

suspend fun AdapterClient.awaitPause(
    name: String,
    reason: String = "",
): Adapter = pause(name, reason).awaitSingle()

suspend fun AdapterClient.awaitResume(name: String): Adapter = resume(name).awaitSingle()

/** Publishes an older revision's weights as a new revision. */
suspend fun AdapterClient.awaitRollback(
    name: String,
    revision: Long,
): Adapter = rollback(name, revision).awaitSingle()
