#pragma once
// libpq, opened when the first PostgreSQL database is, so that every other command starts without it and the
// twenty libraries it brings (2 ms). Owners of what it hands out.

#include <memory>

#include <libpq-fe.h>

#include "base/shared_library.h"

namespace tidemill::metadata::postgres {

// PQexec() is pq().exec(), and so on. Source: https://www.postgresql.org/docs/15/libpq.html
struct PqLibrary {
  // Errors: kNotFound when libpq.so.5 is missing.
  PqLibrary();

  SharedLibrary library;
  decltype(&::PQclear) clear;
  decltype(&::PQcmdStatus) cmd_status;
  decltype(&::PQcmdTuples) cmd_tuples;
  decltype(&::PQconnectPoll) connect_poll;
  decltype(&::PQconnectStartParams) connect_start_params;
  decltype(&::PQconnectionNeedsPassword) connection_needs_password;
  decltype(&::PQconninfo) conninfo;
  decltype(&::PQconninfoFree) conninfo_free;
  decltype(&::PQconninfoParse) conninfo_parse;
  decltype(&::PQconsumeInput) consume_input;
  decltype(&::PQerrorMessage) error_message;
  decltype(&::PQexec) exec;
  decltype(&::PQexecParams) exec_params;
  decltype(&::PQexecPrepared) exec_prepared;
  decltype(&::PQfinish) finish;
  decltype(&::PQfreemem) freemem;
  decltype(&::PQftype) ftype;
  decltype(&::PQgetisnull) getisnull;
  decltype(&::PQgetlength) getlength;
  decltype(&::PQgetvalue) getvalue;
  decltype(&::PQisBusy) is_busy;
  decltype(&::PQnfields) nfields;
  decltype(&::PQntuples) ntuples;
  decltype(&::PQprepare) prepare;
  decltype(&::PQresultErrorField) result_error_field;
  decltype(&::PQresultStatus) result_status;
  decltype(&::PQsetErrorVerbosity) set_error_verbosity;
  decltype(&::PQsetNoticeReceiver) set_notice_receiver;
  decltype(&::PQsocket) socket;
  decltype(&::PQstatus) status;
};

// The library, opened by the first call.
const PqLibrary& pq();

struct FinishConnection {
  void operator()(PGconn* connection) const { pq().finish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { pq().clear(result); }
};
using Connection = std::unique_ptr<PGconn, FinishConnection>;
using Result = std::unique_ptr<PGresult, ClearResult>;

inline bool has_succeeded(const Result& result) {
  const ExecStatusType status = pq().result_status(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

}  // namespace tidemill::metadata::postgres
