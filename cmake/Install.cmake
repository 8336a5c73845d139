# Libraries, headers, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(holdfast_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/holdfast)

install(TARGETS holdfast_static EXPORT holdfast_static
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS holdfast_shared EXPORT holdfast_shared
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/holdfast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_BINARY_DIR}/include/holdfast/version.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/holdfast)
install(FILES capi/include/holdfast.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Two exports, since only the static library asks its host for fmt, date, SQLite and libpq.
foreach(kind IN ITEMS static shared)
  install(EXPORT holdfast_${kind} NAMESPACE holdfast::
    FILE holdfastTargets-${kind}.cmake DESTINATION ${holdfast_cmake_dir})
endforeach()
configure_package_config_file(cmake/holdfastConfig.cmake.in holdfastConfig.cmake
  INSTALL_DESTINATION ${holdfast_cmake_dir} NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(holdfastConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/holdfastConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/holdfastConfigVersion.cmake
  DESTINATION ${holdfast_cmake_dir})

# The prefix is found from where the file lies, so that an installed tree can be moved.
# GNUInstallDirs may hold absolute paths, which have no prefix.
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(holdfast_pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH holdfast_pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" holdfast_pc_prefix "\${pcfiledir}/${holdfast_pc_up}")
endif()
foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE ${CMAKE_INSTALL_${dir}})
    set(holdfast_pc_${dir} ${CMAKE_INSTALL_${dir}})
  else()
    set(holdfast_pc_${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
  endif()
endforeach()
# For `pkg-config --static`: the names that every system has them under.
set(holdfast_pc_private "-lfmt -ldate-tz")
if(HOLDFAST_SQLITE)
  string(APPEND holdfast_pc_private " -lsqlite3")
endif()
if(HOLDFAST_POSTGRES)
  string(APPEND holdfast_pc_private " -lpq")
endif()
string(APPEND holdfast_pc_private " -lstdc++ -lm -pthread")
configure_file(cmake/holdfast.pc.in holdfast.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/holdfast.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
