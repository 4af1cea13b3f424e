# tidemill_embed(OUTPUT <file.cc> NAMESPACE <ns> FUNCTION <name> FILES files...)
#
# Writes a source file at configure time that carries the text of FILES, so that the program needs no data
# files beside it. Declare in your own source:
#   namespace <ns> { std::span<const std::pair<std::string_view, std::string_view>> <name>(); }  // name, text
function(tidemill_embed)
  cmake_parse_arguments(E "" "OUTPUT;NAMESPACE;FUNCTION" "FILES" ${ARGN})
  set(rows "")
  foreach(path IN LISTS E_FILES)
    get_filename_component(path ${path} ABSOLUTE)
    get_filename_component(name ${path} NAME)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    string(APPEND rows "    {\"${name}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  set(source "// Made by cmake/Embed.cmake: edit the files it names instead.
#include <span>
#include <string_view>
#include <utility>

namespace ${E_NAMESPACE} {
namespace {
constexpr std::pair<std::string_view, std::string_view> kFiles[] = {
${rows}};
}
std::span<const std::pair<std::string_view, std::string_view>> ${E_FUNCTION}() { return kFiles; }
}  // namespace ${E_NAMESPACE}
")
  set(before "")
  if(EXISTS ${E_OUTPUT})
    file(READ ${E_OUTPUT} before)
  endif()
  if(NOT before STREQUAL source)
    file(WRITE ${E_OUTPUT} "${source}")
  endif()
endfunction()
