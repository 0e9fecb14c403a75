# Packages: `cpack -G DEB` and `cpack -G TGZ` in the build folder.
set(CPACK_PACKAGE_NAME lamina)
set(CPACK_PACKAGE_VENDOR "The Lamina authors")
set(CPACK_PACKAGE_CONTACT "The Lamina authors <authors@lamina.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compiler of Keras model files to standalone C")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Lamina reads the Python text of a neural network in Keras' functional style,
or a model that Keras saved, checks it as Keras would, and writes standalone
C, or by LLVM objects, libraries and Python modules. What it writes needs
nothing but a C compiler. This package holds the compiler, its library, the
runtime for several models, and what CMake and pkg-config projects need.")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/triggers ${CMAKE_CURRENT_SOURCE_DIR}/shlibs)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gcc | c-compiler, libc6-dev")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, pkg-config")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_LAMINA_PACKAGING ${CMAKE_CURRENT_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/Debian.cmake)
include(CPack)
