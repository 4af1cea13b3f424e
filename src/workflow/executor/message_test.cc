#include "workflow/executor/message.h"

#include <gtest/gtest.h>

namespace tidemill::workflow {
namespace {

TEST(Message, AnEventArrivesAsItWasSent) {
  TaskEvent sent;
  sent.kind = TaskEvent::Kind::kEnded;
  sent.task_instance_id = "t";
  sent.time_ms = 5;
  sent.pid = 7;
  sent.exit_code = 1;
  sent.signal = 9;
  sent.timed_out = sent.cancelled = sent.out_of_memory = sent.executor_lost = true;
  sent.error = "no process";
  sent.report.emplace().error = "why";
  const TaskEvent got = decode_event(encode(sent));
  EXPECT_EQ(got.kind, sent.kind);
  EXPECT_EQ(got.task_instance_id, sent.task_instance_id);
  EXPECT_EQ(got.time_ms, sent.time_ms);
  EXPECT_EQ(got.pid, sent.pid);
  EXPECT_EQ(got.exit_code, sent.exit_code);
  EXPECT_EQ(got.signal, sent.signal);
  EXPECT_TRUE(got.timed_out && got.cancelled && got.out_of_memory && got.executor_lost);
  EXPECT_EQ(got.error, sent.error);
  ASSERT_TRUE(got.report);
  EXPECT_EQ(got.report->error, "why");
}

}  // namespace
}  // namespace tidemill::workflow
