#pragma once
// libcurl, opened when the first request is made, so that every other command starts without it (4 ms).

// Its checks of curl_easy_setopt's arguments work on direct calls only.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/shared_library.h"

namespace tidemill::net {

struct CurlLibrary {
  // Errors: kNotFound when libcurl.so.4 is missing.
  CurlLibrary();

  SharedLibrary library;
  decltype(&::curl_easy_init) easy_init;
  decltype(&::curl_easy_cleanup) easy_cleanup;
  decltype(&::curl_easy_reset) easy_reset;
  decltype(&::curl_easy_setopt) easy_setopt;
  decltype(&::curl_easy_perform) easy_perform;
  decltype(&::curl_easy_getinfo) easy_getinfo;
  decltype(&::curl_easy_strerror) easy_strerror;
  decltype(&::curl_slist_append) slist_append;
  decltype(&::curl_slist_free_all) slist_free_all;
};

// The library, opened by the first call.
const CurlLibrary& curl_library();

}  // namespace tidemill::net
