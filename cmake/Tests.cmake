# holdfast_add_test(TARGET [NAME name] [LABELS label...] [TIMEOUT seconds] [ARGS argument...])
#
# One CTest entry for a test executable. TIMEOUT holds for HOLDFAST_BUDGET=1, the default run.
function(holdfast_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAME;TIMEOUT" "LABELS;ARGS")
  if(NOT arg_NAME)
    string(REGEX REPLACE "^test_" "" arg_NAME ${target})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${arg_NAME} COMMAND ${target} ${arg_ARGS})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
