# The vector units that the runtime's kernels are compiled for, from runtime/isa.def: LAMINA_ISAS lists those of the
# machine that is built for, the least first; LAMINA_ISA_LEVEL_<isa> is its LMRT_LEVEL (empty: what the compiler's flags
# allow), LAMINA_ISA_FLAGS_<isa> the compiler's flags.
# LAMINA_KERNEL_FILES: the files of all kernels, as runtime/kernels.def names them.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(machine x86_64)
else()
  set(machine portable)
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/runtime/isa.def ${PROJECT_SOURCE_DIR}/runtime/kernels.def)

file(STRINGS ${PROJECT_SOURCE_DIR}/runtime/isa.def rows REGEX "^ISA\\(${machine}")
set(LAMINA_ISAS)
foreach(row IN LISTS rows)
  string(REGEX MATCH "^ISA\\(([a-z0-9_]+), ([0-9]*), \"([^\"]*)\"" row "${row}")
  list(APPEND LAMINA_ISAS ${CMAKE_MATCH_1})
  set(LAMINA_ISA_LEVEL_${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  separate_arguments(LAMINA_ISA_FLAGS_${CMAKE_MATCH_1} UNIX_COMMAND "${CMAKE_MATCH_3}")
endforeach()

file(STRINGS ${PROJECT_SOURCE_DIR}/runtime/kernels.def rows REGEX "KERNEL\\(\"[a-z0-9_/]+\\.c\"")
set(LAMINA_KERNEL_FILES)
foreach(row IN LISTS rows)
  string(REGEX MATCH "KERNEL\\(\"([a-z0-9_/]+\\.c)\"" row "${row}")
  list(APPEND LAMINA_KERNEL_FILES ${CMAKE_MATCH_1})
endforeach()
list(REMOVE_DUPLICATES LAMINA_KERNEL_FILES)
