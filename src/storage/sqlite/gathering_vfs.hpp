// A VFS over the system's own that hands the journal's many small writes on as few large ones.
#pragma once

namespace holdfast::sqlite {

/// The VFS to name at sqlite3_open_v2(): over whatever is SQLite's default at this moment, made and
/// registered when first asked for, never the default itself. Null, which means the default, when
/// there is none.
///
/// REQUIRES of every connection opened through it: synchronous=FULL.
///
/// SQLite writes a page to the log in two pieces and to the rollback journal in three. Here the
/// pieces of a run gather in memory, and are written when the file is synced. That changes nothing
/// that anybody may rely on:
/// - What is written to either file counts for nothing before the file is synced. A frame of the
///   log is published, in the shared index, after the sync; a page of the database is overwritten
///   after the sync of the journal that can restore it; and a commit with a rollback journal is the
///   sync of its erased header. A power cut between write and sync has always been able to take
///   any part of what was written, so a crash that takes all of it is nothing new.
/// - Only who holds the file's write lock writes to its log or journal, and nothing stays gathered
///   past the release of that lock. Later, bytes that others have written meanwhile may stand in
///   the same place: they must neither be overwritten nor hidden.
/// - Where the file system promises so much that SQLite leaves out syncs, or so little that it
///   writes on after them, nothing is gathered.
const char* gathering_vfs();

}  // namespace holdfast::sqlite
