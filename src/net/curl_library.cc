#include "net/curl_library.h"

// curl.h makes macros of the variadic ones.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace tidemill::net {

CurlLibrary::CurlLibrary()
    : library("libcurl.so.4", "to speak HTTP"),
      easy_init(library.function<decltype(::curl_easy_init)>("curl_easy_init")),
      easy_cleanup(library.function<decltype(::curl_easy_cleanup)>("curl_easy_cleanup")),
      easy_reset(library.function<decltype(::curl_easy_reset)>("curl_easy_reset")),
      easy_setopt(library.function<decltype(::curl_easy_setopt)>("curl_easy_setopt")),
      easy_perform(library.function<decltype(::curl_easy_perform)>("curl_easy_perform")),
      easy_getinfo(library.function<decltype(::curl_easy_getinfo)>("curl_easy_getinfo")),
      easy_strerror(library.function<decltype(::curl_easy_strerror)>("curl_easy_strerror")),
      slist_append(library.function<decltype(::curl_slist_append)>("curl_slist_append")),
      slist_free_all(library.function<decltype(::curl_slist_free_all)>("curl_slist_free_all")) {
  library.function<decltype(::curl_global_init)>("curl_global_init")(CURL_GLOBAL_DEFAULT);
}

const CurlLibrary& curl_library() {
  static const CurlLibrary library;
  return library;
}

}  // namespace tidemill::net
