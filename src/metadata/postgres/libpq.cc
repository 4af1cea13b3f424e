#include "metadata/postgres/libpq.h"

namespace tidemill::metadata::postgres {

PqLibrary::PqLibrary()
    : library("libpq.so.5", "to use PostgreSQL"),
      clear(library.function<decltype(::PQclear)>("PQclear")),
      cmd_status(library.function<decltype(::PQcmdStatus)>("PQcmdStatus")),
      cmd_tuples(library.function<decltype(::PQcmdTuples)>("PQcmdTuples")),
      connect_poll(library.function<decltype(::PQconnectPoll)>("PQconnectPoll")),
      connect_start_params(library.function<decltype(::PQconnectStartParams)>("PQconnectStartParams")),
      connection_needs_password(
          library.function<decltype(::PQconnectionNeedsPassword)>("PQconnectionNeedsPassword")),
      conninfo(library.function<decltype(::PQconninfo)>("PQconninfo")),
      conninfo_free(library.function<decltype(::PQconninfoFree)>("PQconninfoFree")),
      conninfo_parse(library.function<decltype(::PQconninfoParse)>("PQconninfoParse")),
      consume_input(library.function<decltype(::PQconsumeInput)>("PQconsumeInput")),
      error_message(library.function<decltype(::PQerrorMessage)>("PQerrorMessage")),
      exec(library.function<decltype(::PQexec)>("PQexec")),
      exec_params(library.function<decltype(::PQexecParams)>("PQexecParams")),
      exec_prepared(library.function<decltype(::PQexecPrepared)>("PQexecPrepared")),
      finish(library.function<decltype(::PQfinish)>("PQfinish")),
      freemem(library.function<decltype(::PQfreemem)>("PQfreemem")),
      ftype(library.function<decltype(::PQftype)>("PQftype")),
      getisnull(library.function<decltype(::PQgetisnull)>("PQgetisnull")),
      getlength(library.function<decltype(::PQgetlength)>("PQgetlength")),
      getvalue(library.function<decltype(::PQgetvalue)>("PQgetvalue")),
      is_busy(library.function<decltype(::PQisBusy)>("PQisBusy")),
      nfields(library.function<decltype(::PQnfields)>("PQnfields")),
      ntuples(library.function<decltype(::PQntuples)>("PQntuples")),
      prepare(library.function<decltype(::PQprepare)>("PQprepare")),
      result_error_field(library.function<decltype(::PQresultErrorField)>("PQresultErrorField")),
      result_status(library.function<decltype(::PQresultStatus)>("PQresultStatus")),
      set_error_verbosity(library.function<decltype(::PQsetErrorVerbosity)>("PQsetErrorVerbosity")),
      set_notice_receiver(library.function<decltype(::PQsetNoticeReceiver)>("PQsetNoticeReceiver")),
      socket(library.function<decltype(::PQsocket)>("PQsocket")),
      status(library.function<decltype(::PQstatus)>("PQstatus")) {}

const PqLibrary& pq() {
  static const PqLibrary library;
  return library;
}

}  // namespace tidemill::metadata::postgres
