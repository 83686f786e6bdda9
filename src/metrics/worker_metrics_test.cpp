#include "metrics/worker_metrics.hpp"

#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

namespace metrics {
namespace {

TEST(WorkerMetrics, FindsTheSameCellsAgain) {
  WorkerMetrics worker;
  RequestCells& first = worker.cells("m", "b");
  EXPECT_EQ(&worker.cells(std::string("m"), std::string("b")), &first);
  EXPECT_NE(&worker.cells("m", "c"), &first);
  EXPECT_NE(&worker.cells("b", "m"), &first);
  EXPECT_NE(&worker.cells("mb", ""), &first);
  EXPECT_EQ(&worker.cells("", ""), &worker.unrouted());
}

TEST(WorkerMetrics, CellsStayWhereTheyAre) {
  WorkerMetrics worker;
  RequestCells& first = worker.cells("first", "b");
  for (int i = 0; i < 1000; ++i)
    worker.cells("m" + std::to_string(i), "b").bytes_in.add();
  EXPECT_EQ(&worker.cells("first", "b"), &first);
  EXPECT_EQ(worker.series().size(), 1002U);
}

TEST(WorkerMetrics, IsBounded) {
  WorkerMetrics worker(3);
  for (int i = 0; i < 100; ++i)
    worker.cells("m" + std::to_string(i), "b").bytes_in.add();
  ASSERT_EQ(worker.series().size(), 5U);  // unrouted, three, other
  EXPECT_EQ(worker.cells("m2", "b").bytes_in.value(), 1U);
  EXPECT_EQ(worker.cells("m3", "b").bytes_in.value(), 97U);
  EXPECT_EQ(worker.series().back()->model, "other");
  EXPECT_EQ(&worker.cells("m3", "b"), &worker.series().back()->cells);
}

TEST(WorkerMetrics, CanBeReadWhileTheWorkerAddsSeries) {
  WorkerMetrics worker;
  std::atomic<bool> done = false;
  std::jthread scraper([&] {
    while (!done) {
      for (const Series* series : worker.series())
        EXPECT_LE(series->cells.bytes_in.value(), 1U);
    }
  });
  for (int i = 0; i < 2000; ++i)
    worker.cells("m" + std::to_string(i), "b").bytes_in.add();
  done = true;
}

}  // namespace
}  // namespace metrics
