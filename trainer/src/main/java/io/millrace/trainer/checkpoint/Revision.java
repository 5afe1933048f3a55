package io.millrace.trainer.checkpoint;

import io.millrace.trainer.example.AdapterName;
import java.time.Instant;

/**
 * A published revision.
 *
 * @param number an adapter's revisions are numbered from 1, without gaps
 */
public record Revision(AdapterName adapter, long number, NewRevision manifest, Instant created) {}
