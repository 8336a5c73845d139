# What every target of ours is compiled with.
set(HOLDFAST_SANITIZE "" CACHE STRING
  "Sanitizers for every target, as in -fsanitize=: address,undefined or thread")
if(HOLDFAST_SANITIZE)
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
endif()

option(HOLDFAST_FUZZ "Build tests/fuzz with libFuzzer (Clang, the preset fuzz)" OFF)
option(HOLDFAST_COVERAGE "Clang's coverage of the library's own code, with MC/DC" OFF)
if(HOLDFAST_COVERAGE)
  add_link_options(-fprofile-instr-generate)
endif()

# GCC 12 sees an overlap in `"literal" + std::string` that is not there (its bug 105651).
set(holdfast_gcc12 $<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>)

function(holdfast_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    $<$<AND:$<COMPILE_LANGUAGE:CXX>,${holdfast_gcc12}>:-Wno-restrict>
    $<$<BOOL:${HOLDFAST_WERROR}>:-Werror>)
endfunction()

# What makes a mistake in the library harder to use against its host; tests/house/hardening.py reads
# the result. Not under a sanitizer, which has the same in its own way.
function(holdfast_harden target)
  if(NOT HOLDFAST_HARDEN OR HOLDFAST_SANITIZE)
    return()
  endif()
  # glibc wants an optimising build for it.
  set(optimised $<CONFIG:Release,RelWithDebInfo,MinSizeRel>)
  target_compile_options(${target} PRIVATE -fstack-protector-strong
    "$<${optimised}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(${target} PRIVATE -fcf-protection=full -fstack-clash-protection)
  endif()
endfunction()

# An object library of the library's own.
function(holdfast_internal_target target)
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  holdfast_warnings(${target})
  holdfast_harden(${target})
  if(HOLDFAST_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(HOLDFAST_COVERAGE)
    target_compile_options(${target} PRIVATE
      -fprofile-instr-generate -fprofile-update=atomic -fcoverage-mapping -fcoverage-mcdc)
  endif()
endfunction()
