# What comes from outside. Names, versions, licences and reasons: the table in CONTRIBUTING.md.
# Everything is looked for on the system first, so a packager can supply any of it; `./dev setup`
# fetches what Debian does not have into TIDEMILL_DEPS_DIR.
set(TIDEMILL_DEPS_DIR "" CACHE PATH "Folder that `./dev setup` filled with duckdb, onnxruntime and xgboost")
set(THREADS_PREFER_PTHREAD_FLAG ON)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)
find_package(SQLite3 REQUIRED)
find_package(EXPAT REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)

function(_tidemill_imported name)
  cmake_parse_arguments(I "" "INCLUDE" "LIBS" ${ARGN})
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE ${I_INCLUDE})
  target_link_libraries(${name} INTERFACE ${I_LIBS})
endfunction()

# Boost.Asio and Boost.Beast: headers only.
find_path(BOOST_INCLUDE_DIR boost/beast/version.hpp REQUIRED)
_tidemill_imported(tidemill::boost INCLUDE ${BOOST_INCLUDE_DIR})

# DuckDB: a shared library where the system has one, else the static libraries of its Go bindings.
find_path(DUCKDB_INCLUDE_DIR duckdb.h HINTS ${TIDEMILL_DEPS_DIR}/duckdb REQUIRED)
find_library(DUCKDB_SHARED duckdb)
if(DUCKDB_SHARED)
  _tidemill_imported(tidemill::duckdb INCLUDE ${DUCKDB_INCLUDE_DIR} LIBS ${DUCKDB_SHARED})
else()
  set(duckdb_libs)
  foreach(part static generated_extension_loader autocomplete_extension core_functions_extension icu_extension
               json_extension parquet_extension fastpforlib fmt fsst hyperloglog mbedtls miniz pg_query re2
               skiplistlib utf8proc yyjson zstd)
    set(file libduckdb_${part}.a)
    if(part MATCHES "_extension$")
      set(file lib${part}.a)
    endif()
    find_library(DUCKDB_${part}_LIB ${file} HINTS ${TIDEMILL_DEPS_DIR}/duckdb REQUIRED)
    list(APPEND duckdb_libs ${DUCKDB_${part}_LIB})
  endforeach()
  _tidemill_imported(tidemill::duckdb INCLUDE ${DUCKDB_INCLUDE_DIR}
                     LIBS -Wl,--start-group ${duckdb_libs} -Wl,--end-group Threads::Threads
                          ${CMAKE_DL_LIBS} m)
  target_compile_definitions(tidemill::duckdb INTERFACE DUCKDB_STATIC_BUILD)
endif()

# zstd: the pages of the Parquet files that are not DuckDB's.
find_path(ZSTD_INCLUDE_DIR zstd.h REQUIRED)
find_library(ZSTD_LIB zstd REQUIRED)
_tidemill_imported(tidemill::zstd INCLUDE ${ZSTD_INCLUDE_DIR} LIBS ${ZSTD_LIB})

# libpq, libcurl, ONNX Runtime and XGBoost are opened with dlopen by the tasks that need them, so that every
# other command starts without them: only headers here; those that Debian does not have are copied to
# <build>/lib.
find_package(PostgreSQL REQUIRED)
_tidemill_imported(tidemill::libpq INCLUDE ${PostgreSQL_INCLUDE_DIRS} LIBS ${CMAKE_DL_LIBS})
find_path(CURL_INCLUDE_DIR curl/curl.h REQUIRED)
_tidemill_imported(tidemill::curl INCLUDE ${CURL_INCLUDE_DIR} LIBS ${CMAKE_DL_LIBS})
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h HINTS ${TIDEMILL_DEPS_DIR}/onnxruntime REQUIRED)
_tidemill_imported(tidemill::onnxruntime INCLUDE ${ONNXRUNTIME_INCLUDE_DIR} LIBS ${CMAKE_DL_LIBS})
find_path(XGBOOST_INCLUDE_DIR xgboost/c_api.h REQUIRED)
_tidemill_imported(tidemill::xgboost INCLUDE ${XGBOOST_INCLUDE_DIR} LIBS ${CMAKE_DL_LIBS})
file(GLOB runtime_libs ${TIDEMILL_DEPS_DIR}/onnxruntime/*.so* ${TIDEMILL_DEPS_DIR}/xgboost/*.so*
     ${TIDEMILL_DEPS_DIR}/duckdb/*.duckdb_extension)
foreach(lib IN LISTS runtime_libs)
  file(COPY ${lib} DESTINATION ${PROJECT_BINARY_DIR}/lib)
endforeach()
