#include "base/line_file.hpp"

#include <csignal>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/scratch_directory.hpp"

namespace base {
namespace {

// A file size limit makes a regular file "full" in the middle of a line, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_);
    set(bytes);
  }
  ~FileSizeLimit() {
    lift();
    std::signal(SIGXFSZ, old_handler_);
  }
  void lift() const { ::setrlimit(RLIMIT_FSIZE, &old_); }

 private:
  void set(rlim_t bytes) const {
    rlimit limit = old_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  rlimit old_{};
  void (*old_handler_)(int) = nullptr;
};

TEST(LineFile, AHalfLineIsTakenBackFromAFile) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  auto file = LineFile::open(path);
  ASSERT_TRUE(file);
  const std::string text = "first\nsecond\nthird\n";
  std::size_t offset = 0;
  {
    const FileSizeLimit limit(9);
    EXPECT_EQ(file->write(text, offset), LineFile::Outcome::full);
    EXPECT_EQ(offset, 6U);
    EXPECT_EQ(content(path), "first\n");
    EXPECT_EQ(file->write(text, offset), LineFile::Outcome::full);
    EXPECT_EQ(content(path), "first\n");
  }
  EXPECT_EQ(file->write(text, offset), LineFile::Outcome::written);
  EXPECT_EQ(content(path), text);
}

TEST(LineFile, AHalfLineIsCompletedWhereItCantBeTakenBack) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  ASSERT_GE(fd, 0);
  {
    LineFile file = LineFile::duplicate(fd);  // write-only: what stands there can't be seen
    const std::string text = "first\nsecond\n";
    std::size_t offset = 0;
    {
      const FileSizeLimit limit(9);
      EXPECT_EQ(file.write(text, offset), LineFile::Outcome::full);
      EXPECT_EQ(offset, 9U);
    }
    EXPECT_EQ(file.write(text, offset), LineFile::Outcome::written);
    EXPECT_EQ(content(path), text);
  }
  ::close(fd);
}

TEST(LineFile, TakesNothingBackThatIsNotItsOwn) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  auto file = LineFile::open(path);
  ASSERT_TRUE(file);
  std::size_t offset = 4;  // as if "seco" had been written, and another process had truncated
  std::ofstream(path) << "xxxxxxxxx";
  const FileSizeLimit limit(9);
  EXPECT_EQ(file->write("second\n", offset), LineFile::Outcome::full);
  EXPECT_EQ(offset, 4U);
  EXPECT_EQ(content(path), "xxxxxxxxx");
}

TEST(LineFile, OpensForAppendingAndSaysWhyNot) {
  const ScratchDirectory directory;
  const std::string path = directory.file("log");
  std::ofstream(path) << "old\n";
  std::size_t offset = 0;
  EXPECT_EQ(LineFile::open(path)->write("new\n", offset), LineFile::Outcome::written);
  EXPECT_EQ(content(path), "old\nnew\n");

  const auto missing = LineFile::open(directory.file("no/such/log"));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().cause.find("no/such/log: No such file or directory"),
            std::string::npos);
}

TEST(LineFile, ABadDescriptorLosesItsLines) {
  LineFile file = LineFile::duplicate(-1);
  std::size_t offset = 0;
  EXPECT_EQ(file.write("x\n", offset), LineFile::Outcome::lost);
}

}  // namespace
}  // namespace base
