#include "server/audit_log.h"

namespace tidemill::server {

void note_in_log(Call& call, const std::string& event, const std::string& extra) {
  workflow::LogEntry entry;
  entry.dttm_ms = call.server.clock.now_ms();
  entry.event = event;
  entry.owner = call.user;
  entry.extra = extra;
  call.operations.store().log(entry);
}

}  // namespace tidemill::server
