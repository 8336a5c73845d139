#include "storage/sqlite/descriptors.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <compare>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>

namespace holdfast::sqlite {
namespace {

namespace fs = std::filesystem;

struct FileId {
  dev_t device;
  ino_t inode;
  auto operator<=>(const FileId&) const = default;
};

std::optional<FileId> file_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  return FileId{found.st_dev, found.st_ino};
}

struct CloseFolder {
  void operator()(DIR* folder) const { static_cast<void>(::closedir(folder)); }
};

// Not by std::filesystem, whose iterator ends the process where it finds no memory.
std::vector<int> descriptors_on(const std::string& path) {
  std::vector<int> out;
  const auto file = file_at(path);
  if (!file) return out;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir("/proc/self/fd"));
  if (folder == nullptr && errno == ENOMEM) throw std::bad_alloc();
  while (const dirent* entry = folder != nullptr ? ::readdir(folder.get()) : nullptr) {
    // By its name, since it may be somebody's who closes it at this moment.
    struct stat found {};
    if (::fstatat(::dirfd(folder.get()), entry->d_name, &found, 0) != 0) continue;
    if (FileId{found.st_dev, found.st_ino} != *file) continue;
    const std::string_view name = entry->d_name;
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    out.push_back(fd);
  }
  return out;
}

bool contains(const std::vector<int>& list, int fd) {
  return std::find(list.begin(), list.end(), fd) != list.end();
}

struct Registry {
  std::mutex mutex{};
  /// Of every connection that this library has opened in this process, by file.
  std::map<FileId, std::vector<int>> own{};
  /// There was no memory to note one: who cannot tell its own from others' accuses nobody.
  bool lost_count = false;
  /// Whether SQLite is in a program or library: one is some hundred megabytes long.
  std::map<std::string, bool> with_sqlite{};
};

// Connections may be closed at the very end, so it is never destroyed; and it asks for no memory.
Registry& registry() {
  alignas(Registry) static unsigned char place[sizeof(Registry)];
  static auto* const one = new (place) Registry;
  return *one;
}

// ---- libraries ----------------------------------------------------------------------------------

/// What every SQLite library has in it and nothing else has reason to: the first bytes of a
/// database file. Put together at run time, so that it does not stand in this library too.
std::string mark_of_sqlite() {
  volatile char first = 'S';
  return std::string(1, first) + "QLite format 3";
}

bool has_mark(const std::string& path, const std::string& mark) {
  std::ifstream file(path, std::ios::binary);
  std::string window;
  std::vector<char> chunk(1 << 20);
  while (file) {
    file.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    window.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
    if (window.find(mark) != std::string::npos) return true;
    window.erase(0, window.size() - std::min(window.size(), mark.size()));
  }
  return false;
}

/// Loaded programs and libraries with SQLite inside; the same file as often as it is loaded.
int count_libraries(std::map<std::string, bool>& with_sqlite) {
  int count = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    const auto at = line.find('/');
    if (at == std::string::npos || line.find(" r-xp ") > at) continue;
    const auto [known, is_new] = with_sqlite.try_emplace(line.substr(at));
    if (is_new) known->second = has_mark(known->first, mark_of_sqlite());
    count += known->second ? 1 : 0;
  }
  return count;
}

bool can_write(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

// ---- descriptors --------------------------------------------------------------------------------

Stranger find_stranger(const std::string& path) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto file = file_at(path);
  if (!file || all.lost_count) return Stranger::kNone;
  const std::vector<int>& own = all.own[*file];
  Stranger found = Stranger::kNone;
  for (const int fd : descriptors_on(path)) {
    if (contains(own, fd)) continue;
    // With one library it is that library's, and it keeps its own locks together.
    if (can_write(fd) && count_libraries(all.with_sqlite) > 1) return Stranger::kLibrary;
    if (!can_write(fd)) found = Stranger::kReader;
  }
  return found;
}

OwnDescriptors::OwnDescriptors(const std::string& path) noexcept
    : lock_(registry().mutex), path_(path) {
  try {
    before_ = descriptors_on(path_);
  } catch (const std::exception&) {
    registry().lost_count = true;
  }
}

OwnDescriptors::~OwnDescriptors() {
  try {
    note();
  } catch (const std::exception&) {
    registry().lost_count = true;
  }
}

void OwnDescriptors::note() const {
  const auto file = file_at(path_);
  if (!file) return;
  std::vector<int>& own = registry().own[*file];
  const std::vector<int> now = descriptors_on(path_);
  std::erase_if(own, [&](int fd) { return !contains(now, fd); });
  for (const int fd : now) {
    if (!contains(before_, fd)) own.push_back(fd);
  }
}

// ---- file systems -------------------------------------------------------------------------------

FileSystem kind_of(long type) {
  constexpr long kNetwork[] = {
      0x6969,      // NFS
      0x517b,      // SMB
      0xff534d42,  // CIFS
      0xfe534d42,  // SMB 2
      0x5346414f,  // AFS
      0x73757245,  // Coda
      0x00c36400,  // Ceph
      0x0bd00bd0,  // Lustre
  };
  constexpr long kDoubtful[] = {
      0x65735546,  // FUSE
      0x01021997,  // 9p
  };
  // Some kernels fill the upper half of a number that looks negative.
  const long number = type & 0xffffffffL;
  if (std::find(std::begin(kNetwork), std::end(kNetwork), number) != std::end(kNetwork)) {
    return FileSystem::kNetwork;
  }
  const bool is_doubtful =
      std::find(std::begin(kDoubtful), std::end(kDoubtful), number) != std::end(kDoubtful);
  return is_doubtful ? FileSystem::kDoubtful : FileSystem::kLocal;
}

FileSystem file_system_of(const std::string& path) {
  struct statfs found {};
  const bool is_there = ::statfs(path.c_str(), &found) == 0 ||
                        ::statfs(fs::path(path).parent_path().c_str(), &found) == 0;
  return is_there ? kind_of(static_cast<long>(found.f_type)) : FileSystem::kLocal;
}

}  // namespace holdfast::sqlite
