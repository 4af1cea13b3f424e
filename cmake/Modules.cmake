# The layers, lowest first. A module may use modules of a lower rank only; tools/tidy.py reads the
# same list and holds the #include lines to it.
set(TIDEMILL_LAYERS
    "base:0"
    "net:1"
    "storage:2"
    "metadata:2"
    "engine:2"
    "models:2"
    "tracking:3"
    "workflow:3"
    "pipeline:4"
    "dags:5"
    "server:6"
    "cli:7"
    "app:8")

function(_tidemill_rank name out)
  foreach(layer IN LISTS TIDEMILL_LAYERS)
    if(layer MATCHES "^${name}:([0-9]+)$")
      set(${out} ${CMAKE_MATCH_1} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "layering: unknown module '${name}'; add it to TIDEMILL_LAYERS in cmake/Modules.cmake")
endfunction()

# The headers that most sources take, parsed once. tools/tidy.py sees to it that each source names them all
# the same.
function(_tidemill_precompile target)
  set(source tidemill_precompiled)
  set(libs fmt::fmt nlohmann_json::nlohmann_json)
  set(headers <algorithm> <filesystem> <functional> <map> <memory> <optional> <string> <string_view> <vector>
      <fmt/format.h> <nlohmann/json.hpp>)
  if(target MATCHES "_test$")
    set(source tidemill_precompiled_test)
    list(APPEND libs GTest::gtest)
    list(APPEND headers <gtest/gtest.h>)
  endif()
  if(NOT TARGET ${source})
    if(NOT EXISTS ${PROJECT_BINARY_DIR}/${source}.cc)
      file(WRITE ${PROJECT_BINARY_DIR}/${source}.cc "")
    endif()
    add_library(${source} OBJECT ${PROJECT_BINARY_DIR}/${source}.cc)
    target_link_libraries(${source} PRIVATE tidemill_options ${libs})
    target_precompile_headers(${source} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${source})
  # GCC 12 sees std::string overrun itself where it is precompiled.
  target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-restrict
                         -Wno-stringop-overflow -Wno-stringop-overread)
endfunction()

# tidemill_module(NAME storage USES base LIBS libs... SOURCES files... [TESTS files... TEST_LIBS libs...])
#
# One static library `tidemill_<name>` per module and, when tests are built, one test program
# `<name>_test` of all its *_test.cc files.
function(tidemill_module)
  cmake_parse_arguments(M "" "NAME" "USES;LIBS;SOURCES;TESTS;TEST_LIBS" ${ARGN})
  _tidemill_rank(${M_NAME} rank)
  set(target tidemill_${M_NAME})
  add_library(${target} STATIC ${M_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE tidemill_options ${M_LIBS})
  if(TIDEMILL_SANITIZE AND M_NAME MATCHES "^(metadata|models|workflow)$")
    target_compile_options(${target} PRIVATE -O1) # where tests spend their time; the rest compiles faster
  else()
    _tidemill_precompile(${target})
  endif()
  foreach(used IN LISTS M_USES)
    _tidemill_rank(${used} used_rank)
    if(NOT used_rank LESS rank)
      message(FATAL_ERROR "layering: '${M_NAME}' may not use '${used}'. Dependencies point downwards: "
                          "move what both need into a lower module, or pass it in from app.")
    endif()
    target_link_libraries(${target} PUBLIC tidemill_${used})
  endforeach()
  if(TIDEMILL_BUILD_TESTS AND M_TESTS)
    add_executable(${M_NAME}_test ${M_TESTS})
    target_link_libraries(${M_NAME}_test PRIVATE tidemill_options ${target} ${M_LIBS} ${M_TEST_LIBS}
                                                 GTest::gtest_main)
    _tidemill_precompile(${M_NAME}_test)
    set_target_properties(${M_NAME}_test PROPERTIES BUILD_RPATH "${PROJECT_BINARY_DIR}/lib")
    gtest_discover_tests(${M_NAME}_test DISCOVERY_MODE PRE_TEST TEST_PREFIX "${M_NAME}/"
                         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
endfunction()
