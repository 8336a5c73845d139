#include "storage/sqlite/gathering_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace holdfast::sqlite {
namespace {

using Offset = sqlite3_int64;
using Methods = sqlite3_io_methods;

// ---- a run of gathered writes -------------------------------------------------------------------

/// Bytes that belong at one place of one file and are not there yet. Zeroed memory is an empty run.
class Run {
 public:
  bool attached() const { return file_ != nullptr; }
  void attach(sqlite3_file* file) { file_ = file; }
  void detach() { file_ = nullptr; }
  void release_memory() {
    sqlite3_free(bytes_);
    bytes_ = nullptr;
  }

  int write(const void* from, int size, Offset at);
  int read(void* to, int size, Offset at);
  int truncate(Offset size);
  int file_size(Offset* size);
  /// Writes what is gathered to the file. What could not be written stays, and is tried again by
  /// whoever needs it on the disk next: no sync can succeed without it.
  int flush();
  /// The write lock goes: nothing stays.
  int settle();

 private:
  // SQLite's largest page. A VFS is never handed more in one write, and the system's own cannot
  // take much more: it keeps 17 bits of a length.
  static constexpr Offset kCapacity = 65536;

  bool empty() const { return size_ == 0; }
  Offset end() const { return start_ + size_; }
  bool holds(int size, Offset at) const { return at >= start_ && at + size <= end(); }
  bool touches(int size, Offset at) const { return !empty() && at < end() && at + size > start_; }
  bool reserve(Offset size);

  sqlite3_file* file_;
  unsigned char* bytes_;
  Offset start_;
  Offset size_;
  bool failed_;
};

bool Run::reserve(Offset size) {
  if (size > kCapacity) return false;
  if (bytes_ == nullptr) bytes_ = static_cast<unsigned char*>(sqlite3_malloc(kCapacity));
  return bytes_ != nullptr;
}

int Run::write(const void* from, int size, Offset at) {
  const bool joins = !empty() && at >= start_ && at <= end();
  if (!joins || at + size - start_ > kCapacity) {
    if (const int rc = flush(); rc != SQLITE_OK) return rc;
    start_ = at;
  }
  if (!reserve(at + size - start_)) {
    // No memory: not gathered, but in order.
    if (const int rc = flush(); rc != SQLITE_OK) return rc;
    return file_->pMethods->xWrite(file_, from, size, at);
  }
  std::memcpy(bytes_ + (at - start_), from, static_cast<std::size_t>(size));
  size_ = std::max(size_, at + size - start_);
  return SQLITE_OK;
}

int Run::read(void* to, int size, Offset at) {
  if (!empty() && holds(size, at)) {
    // Also after a failed flush: a rollback in this process needs every record, and this may be the
    // only place that has it.
    std::memcpy(to, bytes_ + (at - start_), static_cast<std::size_t>(size));
    return SQLITE_OK;
  }
  if (touches(size, at)) {
    if (const int rc = flush(); rc != SQLITE_OK) return rc;
  }
  const int rc = file_->pMethods->xRead(file_, to, size, at);
  if (rc != SQLITE_IOERR_SHORT_READ || empty() || at >= start_) return rc;
  // The file is yet to grow past this place: what is missing are the zeros of a hole, not its end.
  if (const int flushed = flush(); flushed != SQLITE_OK) return flushed;
  return file_->pMethods->xRead(file_, to, size, at);
}

int Run::truncate(Offset size) {
  const int rc = file_->pMethods->xTruncate(file_, size);
  // Only now: a truncation that failed must have lost nothing.
  if (rc == SQLITE_OK) size_ = std::clamp(size - start_, Offset{0}, size_);
  return rc;
}

int Run::file_size(Offset* size) {
  const int rc = file_->pMethods->xFileSize(file_, size);
  // A rollback counts the records of an unfinished journal by the size of the file.
  if (rc == SQLITE_OK && !empty()) *size = std::max(*size, end());
  return rc;
}

int Run::flush() {
  if (empty()) return SQLITE_OK;
  const int rc = file_->pMethods->xWrite(file_, bytes_, static_cast<int>(size_), start_);
  failed_ = rc != SQLITE_OK;
  if (!failed_) size_ = 0;
  return rc;
}

// What is still gathered here was never synced: a rolled back transaction's pages that had left a
// full cache, or what could not be written. The former goes to the file, where SQLite believes it.
//
// The latter is dropped, as an unsuccessful write of SQLite's own is not repeated behind its back.
// The transaction has been reported as failed, and a write now could make it come true unsynced:
// the erased header of a rollback journal would commit it for every reader until the next power
// cut, and a commit frame in the log until the next recovery. Nothing needs it: the log's index
// does not name those frames, and no page of the database was overwritten that a journal record
// among them would have to restore. What was synced before is in the file, and the next to open it
// rolls it back.
int Run::settle() {
  if (file_ == nullptr || empty()) return SQLITE_OK;
  const int rc = failed_ ? SQLITE_OK : flush();
  size_ = 0;
  failed_ = false;
  return rc;
}

// ---- files --------------------------------------------------------------------------------------

/// A database file, with the runs of its journal and of its log: their memory outlives those files,
/// which SQLite opens and closes with every transaction. It does so before it closes this one.
struct Database {
  sqlite3_file self;
  const sqlite3_vfs* vfs;
  Methods methods;
  Run journal;
  Run log;
};

/// A rollback journal or a log.
struct Gathered {
  sqlite3_file self;
  Run* run;
};

/// Of ours in front of the base's file, in the memory that SQLite provides: aligned to 8 bytes.
constexpr std::size_t kOwnSize = (std::max(sizeof(Database), sizeof(Gathered)) + 7) / 8 * 8;
static_assert(alignof(Database) <= 8 && alignof(Gathered) <= 8);

sqlite3_file* base_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<unsigned char*>(file) + kOwnSize);
}

struct GatheringVfs {
  sqlite3_vfs own;
  sqlite3_vfs* base;
  std::string name;

  /// Whether it was made over what `vfs` is by now: a host may unregister its VFS and register
  /// another one at the same address.
  bool fits(const sqlite3_vfs& vfs) const {
    return base == &vfs && own.iVersion == version_over(vfs) && own.szOsFile == file_size_over(vfs);
  }
  static int version_over(const sqlite3_vfs& vfs) { return std::min(vfs.iVersion, 3); }
  static int file_size_over(const sqlite3_vfs& vfs) {
    return static_cast<int>(kOwnSize) + vfs.szOsFile;
  }
};

sqlite3_vfs* base_of(sqlite3_vfs* vfs) { return static_cast<GatheringVfs*>(vfs->pAppData)->base; }

/// Calls the same method of the base.
template <auto kMember>
struct Pass;
template <class R, class... Args, R (*Methods::*kMember)(sqlite3_file*, Args...)>
struct Pass<kMember> {
  static R call(sqlite3_file* file, Args... args) {
    sqlite3_file* base = base_of(file);
    return (base->pMethods->*kMember)(base, args...);
  }
};
template <class R, class... Args, R (*sqlite3_vfs::*kMember)(sqlite3_vfs*, Args...)>
struct Pass<kMember> {
  static R call(sqlite3_vfs* vfs, Args... args) {
    sqlite3_vfs* base = base_of(vfs);
    return (base->*kMember)(base, args...);
  }
};

/// A method that the base does not have is missing here too: SQLite asks by that what it can do.
template <auto... kMembers, class Table>
void pass_on(Table& own, const Table& base) {
  ((own.*kMembers = base.*kMembers == nullptr ? nullptr : &Pass<kMembers>::call), ...);
}

// ---- the journal and the log --------------------------------------------------------------------

Run& run_of(sqlite3_file* file) { return *reinterpret_cast<Gathered*>(file)->run; }

int gathered_close(sqlite3_file* file) {
  // With a rollback journal the file is closed before the lock is released.
  Run& run = run_of(file);
  const int lost = run.settle();
  run.detach();
  const int rc = base_of(file)->pMethods->xClose(base_of(file));
  return rc != SQLITE_OK ? rc : lost;
}
int gathered_read(sqlite3_file* file, void* to, int size, Offset at) {
  return run_of(file).read(to, size, at);
}
int gathered_write(sqlite3_file* file, const void* from, int size, Offset at) {
  return run_of(file).write(from, size, at);
}
int gathered_truncate(sqlite3_file* file, Offset size) { return run_of(file).truncate(size); }
int gathered_sync(sqlite3_file* file, int flags) {
  if (const int rc = run_of(file).flush(); rc != SQLITE_OK) return rc;
  return base_of(file)->pMethods->xSync(base_of(file), flags);
}
int gathered_size(sqlite3_file* file, Offset* size) { return run_of(file).file_size(size); }
int gathered_control(sqlite3_file* file, int operation, void* argument) {
  if (const int rc = run_of(file).flush(); rc != SQLITE_OK) return rc;
  return base_of(file)->pMethods->xFileControl(base_of(file), operation, argument);
}

// Version 1: shared memory and mapped pages are asked of the database file alone.
const Methods kGatheredMethods = {1,
                                  gathered_close,
                                  gathered_read,
                                  gathered_write,
                                  gathered_truncate,
                                  gathered_sync,
                                  gathered_size,
                                  Pass<&Methods::xLock>::call,
                                  Pass<&Methods::xUnlock>::call,
                                  Pass<&Methods::xCheckReservedLock>::call,
                                  gathered_control,
                                  Pass<&Methods::xSectorSize>::call,
                                  Pass<&Methods::xDeviceCharacteristics>::call,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr,
                                  nullptr};

// ---- the database -------------------------------------------------------------------------------

Database& database_of(sqlite3_file* file) { return *reinterpret_cast<Database*>(file); }

int database_close(sqlite3_file* file) {
  database_of(file).journal.release_memory();
  database_of(file).log.release_memory();
  return base_of(file)->pMethods->xClose(base_of(file));
}

// A rollback journal may be written from RESERVED on.
int database_unlock(sqlite3_file* file, int level) {
  const int lost = level < SQLITE_LOCK_RESERVED ? database_of(file).journal.settle() : SQLITE_OK;
  const int rc = base_of(file)->pMethods->xUnlock(base_of(file), level);
  return rc != SQLITE_OK ? rc : lost;
}

// The log may be written under the first of the shared memory's locks, held exclusively.
int database_shm_lock(sqlite3_file* file, int first, int count, int flags) {
  constexpr int kReleases = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
  const bool ends_write = first == 0 && (flags & kReleases) == kReleases;
  const int lost = ends_write ? database_of(file).log.settle() : SQLITE_OK;
  const int rc = base_of(file)->pMethods->xShmLock(base_of(file), first, count, flags);
  return rc != SQLITE_OK ? rc : lost;
}

Methods database_methods(const Methods& base) {
  Methods own = {};
  own.iVersion = std::min(base.iVersion, 3);
  pass_on<&Methods::xRead, &Methods::xWrite, &Methods::xTruncate, &Methods::xSync,
          &Methods::xFileSize, &Methods::xLock, &Methods::xCheckReservedLock,
          &Methods::xFileControl, &Methods::xSectorSize, &Methods::xDeviceCharacteristics>(own,
                                                                                           base);
  own.xClose = database_close;
  own.xUnlock = database_unlock;
  if (own.iVersion >= 2) {
    pass_on<&Methods::xShmMap, &Methods::xShmBarrier, &Methods::xShmUnmap>(own, base);
    if (base.xShmLock != nullptr) own.xShmLock = database_shm_lock;
  }
  if (own.iVersion >= 3) pass_on<&Methods::xFetch, &Methods::xUnfetch>(own, base);
  return own;
}

// ---- opening ------------------------------------------------------------------------------------

/// SEQUENTIAL: SQLite does not sync a journal before it writes to the database. Not
/// POWERSAFE_OVERWRITE: it fills the sector behind a commit's frames after their sync.
bool syncs_all_that_counts(sqlite3_file* database) {
  const int traits = database->pMethods->xDeviceCharacteristics(database);
  return (traits & SQLITE_IOCAP_SEQUENTIAL) == 0 &&
         (traits & SQLITE_IOCAP_POWERSAFE_OVERWRITE) != 0;
}

/// Null: not to be gathered.
Run* run_for(const sqlite3_vfs* vfs, const char* path, int flags) {
  constexpr int kKinds = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
  // The name of a file that is only read may come from elsewhere than SQLite's own record of it.
  if (path == nullptr || (flags & kKinds) == 0 || (flags & SQLITE_OPEN_READWRITE) == 0) {
    return nullptr;
  }
  sqlite3_file* file = sqlite3_database_file_object(path);
  if (file == nullptr || file->pMethods == nullptr) return nullptr;
  // Someone else's file, or with a VFS of ours over another of ours, the other's.
  if (file->pMethods->xClose != database_close || database_of(file).vfs != vfs) return nullptr;
  if (!syncs_all_that_counts(base_of(file))) return nullptr;
  Database& database = database_of(file);
  Run& run = (flags & SQLITE_OPEN_WAL) != 0 ? database.log : database.journal;
  return run.attached() ? nullptr : &run;
}

int open_database(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  auto* own = new (file) Database{};
  own->vfs = vfs;
  base_of(file)->pMethods = nullptr;
  sqlite3_vfs* base = base_of(vfs);
  const int rc = base->xOpen(base, path, base_of(file), flags, out);
  // Set, it asks for xClose, also of a file that could not be opened.
  if (base_of(file)->pMethods == nullptr) return rc;
  own->methods = database_methods(*base_of(file)->pMethods);
  own->self.pMethods = &own->methods;
  return rc;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_database(vfs, path, file, flags, out);
  sqlite3_vfs* base = base_of(vfs);
  Run* run = run_for(vfs, path, flags);
  if (run == nullptr) return base->xOpen(base, path, file, flags, out);
  auto* own = new (file) Gathered{};
  base_of(file)->pMethods = nullptr;
  const int rc = base->xOpen(base, path, base_of(file), flags, out);
  if (base_of(file)->pMethods == nullptr) return rc;
  own->run = run;
  own->self.pMethods = &kGatheredMethods;
  run->attach(base_of(file));
  return rc;
}

std::unique_ptr<GatheringVfs> make(sqlite3_vfs* base, std::string name) {
  using Vfs = sqlite3_vfs;
  auto made = std::make_unique<GatheringVfs>();
  made->base = base;
  made->name = std::move(name);
  Vfs& own = made->own;
  own.iVersion = GatheringVfs::version_over(*base);
  own.szOsFile = GatheringVfs::file_size_over(*base);
  own.mxPathname = base->mxPathname;
  own.zName = made->name.c_str();
  own.pAppData = made.get();
  own.xOpen = open_file;
  pass_on<&Vfs::xDelete, &Vfs::xAccess, &Vfs::xFullPathname, &Vfs::xDlOpen, &Vfs::xDlError,
          &Vfs::xDlSym, &Vfs::xDlClose, &Vfs::xRandomness, &Vfs::xSleep, &Vfs::xCurrentTime,
          &Vfs::xGetLastError>(own, *base);
  if (own.iVersion >= 2) pass_on<&Vfs::xCurrentTimeInt64>(own, *base);
  if (own.iVersion >= 3) {
    pass_on<&Vfs::xSetSystemCall, &Vfs::xGetSystemCall, &Vfs::xNextSystemCall>(own, *base);
  }
  return made;
}

}  // namespace

const char* gathering_vfs() {
  static std::mutex mutex;
  // Never freed: SQLite keeps the pointers, and connections may be closed at the very end.
  static auto& made = *new std::vector<std::unique_ptr<GatheringVfs>>();
  const std::scoped_lock guard(mutex);
  sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
  if (base == nullptr) return nullptr;
  for (const auto& one : made) {
    if (one->fits(*base)) return one->name.c_str();
  }
  made.push_back(make(base, "holdfast-" + std::to_string(made.size())));
  if (sqlite3_vfs_register(&made.back()->own, 0) != SQLITE_OK) {
    made.pop_back();
    return nullptr;
  }
  return made.back()->name.c_str();
}

}  // namespace holdfast::sqlite
