#include "sqlite_shim.hpp"

#include <cstring>
#include <new>
#include <stdexcept>

namespace holdfast::test {
namespace {

std::atomic<int> operations_done{0};
std::atomic<int> calls_done{0};  // the others
std::atomic<bool> every_call{false};
std::atomic<int> syncs_done{0};
std::atomic<int> fail_at{0};
std::atomic<bool> keeps_failing{false};
std::atomic<bool> has_failed{false};
std::atomic<int> answer{SQLITE_IOERR_WRITE};

sqlite3_vfs* real = nullptr;

/// Followed in memory by the file of the VFS below.
struct File {
  sqlite3_file base;
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<File*>(file)->below(); }

bool is_hit(int number) {
  const int at = fail_at;
  const bool hit = at != 0 && (keeps_failing ? number >= at : number == at);
  if (hit) has_failed = true;
  return hit;
}

bool fails_now() {
  const int number = ++operations_done;
  return is_hit(every_call ? number + calls_done : number);
}

/// Of a call that is no write, sync or truncation.
bool other_fails_now() {
  ++calls_done;
  return every_call && is_hit(operations_done + calls_done);
}

int on_close(sqlite3_file* f) { return below(f)->pMethods->xClose(below(f)); }
int on_read(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  if (other_fails_now()) return SQLITE_IOERR_READ;
  return below(f)->pMethods->xRead(below(f), to, size, at);
}
int on_write(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (fails_now()) return answer;
  return below(f)->pMethods->xWrite(below(f), from, size, at);
}
int on_truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (fails_now()) return SQLITE_IOERR_TRUNCATE;
  return below(f)->pMethods->xTruncate(below(f), size);
}
int on_sync(sqlite3_file* f, int flags) {
  ++syncs_done;
  if (fails_now()) return SQLITE_IOERR_FSYNC;
  return below(f)->pMethods->xSync(below(f), flags);
}
int on_size(sqlite3_file* f, sqlite3_int64* size) {
  if (other_fails_now()) return SQLITE_IOERR_FSTAT;
  return below(f)->pMethods->xFileSize(below(f), size);
}
int on_lock(sqlite3_file* f, int level) {
  if (other_fails_now()) return SQLITE_IOERR_LOCK;
  return below(f)->pMethods->xLock(below(f), level);
}
int on_unlock(sqlite3_file* f, int level) { return below(f)->pMethods->xUnlock(below(f), level); }
int on_check(sqlite3_file* f, int* out) {
  if (other_fails_now()) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  return below(f)->pMethods->xCheckReservedLock(below(f), out);
}
int on_control(sqlite3_file* f, int op, void* arg) {
  return below(f)->pMethods->xFileControl(below(f), op, arg);
}
int on_sector(sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); }
int on_traits(sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); }
int on_shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  if (other_fails_now()) {
    *out = nullptr;
    return SQLITE_IOERR_SHMMAP;
  }
  return below(f)->pMethods->xShmMap(below(f), region, size, extend, out);
}
int on_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  // What unlocks does not fail: nobody could do anything about it.
  if ((flags & SQLITE_SHM_LOCK) != 0 && other_fails_now()) return SQLITE_IOERR_SHMLOCK;
  return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
}
void on_shm_barrier(sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); }
int on_shm_unmap(sqlite3_file* f, int drop) {
  return below(f)->pMethods->xShmUnmap(below(f), drop);
}

const sqlite3_io_methods kMethods = {
    2,           on_close,       on_read,      on_write,   on_truncate, on_sync,   on_size,
    on_lock,     on_unlock,      on_check,     on_control, on_sector,   on_traits, on_shm_map,
    on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr,    nullptr};

int on_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
  file->pMethods = nullptr;
  if (other_fails_now()) return SQLITE_CANTOPEN;
  const int rc = real->xOpen(real, path, below(file), flags, out);
  if (below(file)->pMethods != nullptr) file->pMethods = &kMethods;
  return rc;
}

int on_delete(sqlite3_vfs*, const char* path, int sync) {
  if (other_fails_now()) return SQLITE_IOERR_DELETE;
  return real->xDelete(real, path, sync);
}

int on_access(sqlite3_vfs*, const char* path, int flags, int* out) {
  if (other_fails_now()) return SQLITE_IOERR_ACCESS;
  return real->xAccess(real, path, flags, out);
}

sqlite3_vfs shim;

}  // namespace

FailingDisk::FailingDisk() {
  real = sqlite3_vfs_find(nullptr);
  shim = *real;
  shim.zName = "failing disk";
  shim.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  shim.pNext = nullptr;
  shim.xOpen = on_open;
  shim.xDelete = on_delete;
  shim.xAccess = on_access;
  operations_done = 0;
  calls_done = 0;
  syncs_done = 0;
  heal();
  if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK) throw std::runtime_error("no VFS registered");
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&shim);
  sqlite3_vfs_register(real, 1);
}

void FailingDisk::fail(int nth, Fault fault, bool lasting, Of of) {
  has_failed = false;
  every_call = of == Of::kEveryCall;
  keeps_failing = lasting;
  answer = fault == Fault::kDiskFull ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  fail_at = operations_done + (every_call ? calls_done.load() : 0) + nth;
}

void FailingDisk::heal() { fail_at = 0; }
bool FailingDisk::failed() const { return has_failed; }
int FailingDisk::operations() const { return operations_done; }
int FailingDisk::syncs() const { return syncs_done; }

}  // namespace holdfast::test
