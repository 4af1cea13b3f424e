# Flags for our own code. Third-party headers are SYSTEM includes and not held to them.
add_library(tidemill_options INTERFACE)
target_compile_options(
  tidemill_options
  INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
            -Woverloaded-virtual
            # Results must be the same bytes on every machine: no fused multiply-add behind our back.
            -ffp-contract=off)
option(TIDEMILL_WERROR "Treat warnings as errors" OFF)
if(TIDEMILL_WERROR)
  target_compile_options(tidemill_options INTERFACE -Werror)
endif()

set(TIDEMILL_SANITIZE "" CACHE STRING "Sanitizers to build with, for example address,undefined")
if(TIDEMILL_SANITIZE)
  add_compile_options(-fsanitize=${TIDEMILL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TIDEMILL_SANITIZE})
else()
  # A fixed load address: the 50 MB of DuckDB need no relocation at start.
  add_compile_options(-fno-pie)
  add_link_options(-no-pie)
endif()
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-fuse-ld=gold -Wl,--gc-sections)
