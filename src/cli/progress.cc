#include "cli/progress.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

namespace tidemill::cli {

void TerminalProgress::step(const std::string& what, double fraction_done) {
  constexpr auto kRedrawInterval = std::chrono::milliseconds(50);
  constexpr int kBarWidth = 24;
  if (!enabled_) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && now - last_drawn_ < kRedrawInterval) return;
  last_drawn_ = now;
  drawn_ = true;
  const double whole = std::clamp(start_ + share_ * std::clamp(fraction_done, 0.0, 1.0), 0.0, 1.0);
  const int filled = static_cast<int>(whole * kBarWidth);
  err_ << fmt::format("\r\033[K{:>3.0f}% [{}{}] {} {}", whole * 100, std::string(filled, '#'),
                      std::string(kBarWidth - filled, ' '), label_, what)
       << std::flush;
}

void TerminalProgress::clear() {
  if (drawn_) err_ << "\r\033[K" << std::flush;
  drawn_ = false;
}

void LineProgress::step(const std::string& what, double /*fraction_done*/) {
  if (what != last_) log_ << what << std::endl;
  last_ = what;
}

}  // namespace tidemill::cli
