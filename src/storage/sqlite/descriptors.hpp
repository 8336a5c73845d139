// Who else in this process has a database file open.
//
// A file's POSIX locks belong to the process, and closing any descriptor of the file drops them
// all. One SQLite library knows that and takes care. Two in one process do not know of each other:
// one closes the file, the other's locks are gone, and what a third process then commits is
// overwritten without a word. What is looked for here is what can be seen from inside, so finding
// nothing is no proof.
#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace holdfast::sqlite {

/// What is on a file beside this library's own connections.
enum class Stranger {
  kNone,
  kReader,   ///< a descriptor for reading, whoever's: harmless until it is closed
  kLibrary,  ///< a descriptor for writing, and more than one SQLite library in the process
};

/// Looks at the process's descriptors, and only if one is a stranger's at its libraries.
Stranger find_stranger(const std::string& path);

/// Lives while a connection is opened or closed, also by a destructor: what comes of it is ours.
/// Never fails: without the memory to note it, nobody is called a stranger any more.
class OwnDescriptors {
 public:
  /// `path` outlives it.
  explicit OwnDescriptors(const std::string& path) noexcept;
  OwnDescriptors(const OwnDescriptors&) = delete;
  OwnDescriptors& operator=(const OwnDescriptors&) = delete;
  ~OwnDescriptors();

 private:
  void note() const;

  const std::unique_lock<std::mutex> lock_;
  const std::string& path_;
  std::vector<int> before_{};
};

enum class FileSystem {
  kLocal,
  kDoubtful,  ///< FUSE, 9p: it depends on what is behind it
  kNetwork,   ///< locks and the log's shared memory do not reach from machine to machine
};
/// `type` as statfs tells it.
FileSystem kind_of(long type);
/// Of the path, or of its folder while there is no file.
FileSystem file_system_of(const std::string& path);

}  // namespace holdfast::sqlite
