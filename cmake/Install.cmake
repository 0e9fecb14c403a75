# What `cmake --install` puts where. The program finds its modules at ../lib/lamina, seen from its folder, and liblamina at lamina/
# beside itself: the whole tree can be moved.
set(CMAKE_INSTALL_LIBDIR lib CACHE PATH "Where libraries go; the program looks for its modules there")
set(CMAKE_INSTALL_DOCDIR share/doc/lamina CACHE PATH "Where the documentation and the examples go")
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
if(NOT CMAKE_INSTALL_LIBDIR STREQUAL "lib")
  message(FATAL_ERROR "CMAKE_INSTALL_LIBDIR is ${CMAKE_INSTALL_LIBDIR}: lamina looks for its modules in ../lib/lamina, so it has to be lib")
endif()
set(LAMINA_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Lamina)

install(TARGETS lamina liblamina lamina_rt lamina_rt_shared lamina_pool EXPORT LaminaTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lamina)
install(TARGETS lamina_hdf5 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lamina)
if(LAMINA_HAS_LLVM)
  install(TARGETS lamina_llvm LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lamina)
endif()
# The interface of generated code, and the kernels' own for --link-runtime.
install(FILES runtime/include/lamina.h runtime/include/lamina_pool.h runtime/include/lmrt.h runtime/include/lmrt_library.h
  runtime/kernels.def DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lamina)

install(EXPORT LaminaTargets NAMESPACE Lamina:: DESTINATION ${LAMINA_CMAKE_DIR})
configure_package_config_file(cmake/LaminaConfig.cmake.in ${PROJECT_BINARY_DIR}/LaminaConfig.cmake
  INSTALL_DESTINATION ${LAMINA_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/LaminaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/LaminaConfig.cmake ${PROJECT_BINARY_DIR}/LaminaConfigVersion.cmake
  cmake/LaminaAddModel.cmake DESTINATION ${LAMINA_CMAKE_DIR})
foreach(package lamina lamina-rt)
  configure_file(packaging/${package}.pc.in ${PROJECT_BINARY_DIR}/${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR} REGEX "examples/CMakeLists.txt$" EXCLUDE)
add_subdirectory(packaging)
