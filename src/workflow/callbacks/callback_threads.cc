#include "workflow/callbacks/callback_threads.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "workflow/callbacks/command.h"
#include "workflow/executor/task_log.h"

namespace tidemill::workflow {
namespace {

std::optional<std::string> variable_of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Where people look for what became of the task. Returns the error, longer when the log cannot be written.
std::string tell_log(const CallbackCall& call, const std::string& error) {
  try {
    const Json document = parse_json(call.document, "a callback's document");
    if (!document.contains("log_file")) return error;
    TaskLog log(document["log_file"].get<std::string>());
    log.error(fmt::format("callback {} ({}): {}", call.target.name, document.at("event").get<std::string>(),
                          error));
    return error;
  } catch (const std::exception& unwritten) {
    return fmt::format("{}; {}", error, unwritten.what());
  }
}

}  // namespace

CallbackThreads::CallbackThreads(CallbackOptions options) : options_(std::move(options)) {
  if (!options_.variable) options_.variable = variable_of_process;
}

CallbackThreads::~CallbackThreads() {
  {
    const std::scoped_lock lock(mutex_);
    stop_ = true;
  }
  has_calls_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void CallbackThreads::submit(CallbackCall call) {
  if (threads_.empty()) start_threads();
  {
    const std::scoped_lock lock(mutex_);
    calls_.push_back(std::move(call));
  }
  has_calls_.notify_one();
}

std::vector<FinishedCallback> CallbackThreads::take_finished() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(finished_, {});
}

// Signals are for the program's other threads; a command that does not read its input ends no one by SIGPIPE.
void CallbackThreads::start_threads() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < options_.thread_count; ++i) threads_.emplace_back([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void CallbackThreads::run() {
  while (true) {
    std::unique_lock lock(mutex_);
    has_calls_.wait(lock, [this] { return stop_ || !calls_.empty(); });
    if (stop_) return;
    const CallbackCall call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    std::string error = make(call);
    if (stop_ && !error.empty()) return;  // it was cut short: whoever comes next makes it again
    if (!error.empty()) error = tell_log(call, error);
    lock.lock();
    finished_.push_back({call.id, std::move(error)});
  }
}

std::string CallbackThreads::make(const CallbackCall& call) {
  try {
    if (call.target.is_webhook()) return post(client_, call, options_.variable, stop_);
    if (call.target.command.empty()) return "it has neither a URL nor a command";
    return run_command(call.target.command, call.document, options_.folder, call.target.timeout_ms, stop_);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace tidemill::workflow
