#include "engine/cgroup.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace gre {
namespace {

class CgroupTest : public testing::Test {
 protected:
  CgroupTest() { std::filesystem::remove_all(root_); }
  ~CgroupTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  [[nodiscard]] CgroupLimits Read() const { return ReadCgroupLimits(root_); }

  std::string root_ = testing::TempDir() + "gre_cgroup_" +
                      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CgroupTest, NothingLimitsWithoutGroups) {
  EXPECT_FALSE(Read().free_bytes);
  EXPECT_FALSE(Read().cpus);
}

TEST_F(CgroupTest, Version2TakesTheTightestOfAllLevels) {
  Write("/proc/self/cgroup", "0::/job/task\n");
  Write("/sys/fs/cgroup/job/task/memory.max", "max\n");
  Write("/sys/fs/cgroup/job/task/memory.current", "10\n");
  Write("/sys/fs/cgroup/job/task/cpu.max", "max 100000\n");
  Write("/sys/fs/cgroup/job/memory.max", "1000\n");
  Write("/sys/fs/cgroup/job/memory.current", "700\n");
  Write("/sys/fs/cgroup/job/memory.stat", "anon 1\ninactive_file 200\nactive_file 5\n");
  Write("/sys/fs/cgroup/job/cpu.max", "150000 100000\n");
  EXPECT_EQ(Read().free_bytes, 500);
  EXPECT_EQ(Read().cpus, 1.5);
}

TEST_F(CgroupTest, Version1WithThePathOfTheHost) {
  Write("/proc/self/cgroup", "5:memory:/docker/1a\n3:cpu,cpuacct:/docker/1a\n2:cpuset:/\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "4000\n");
  Write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "3500\n");
  Write("/sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Read().free_bytes, 1000);
  EXPECT_FALSE(Read().cpus);
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(Read().cpus, 4);
}

}  // namespace
}  // namespace gre
