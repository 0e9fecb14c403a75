# lamina_add_model(TARGET MODEL [WEIGHTS SOURCE] [NAME PREFIX] [OPTIONS OPTION...] [LINK_RUNTIME] [THREADS N])
#
# Compiles MODEL (a model file, or a saved one) with its weights to PREFIX.c and PREFIX.h when the target is built, and adds them to
# it: `#include "PREFIX.h"`, there and in what links with it. PREFIX, also of the C symbols, is the model's file name where NAME is
# not given. OPTIONS go to `lamina compile`. LINK_RUNTIME calls the library of kernels, which the target is linked with, instead of
# pasting them in; THREADS N is --threads=N, and links the pool.
#
# What is made is made again when the model, a module that it imports, the weights, or the compiler change. The program that runs is
# Lamina::lamina, or LAMINA_EXECUTABLE where that is set: where another machine than this one is compiled for, one that runs here.
function(lamina_add_model target model)
  cmake_parse_arguments(PARSE_ARGV 2 arg "LINK_RUNTIME" "WEIGHTS;NAME;THREADS" "OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "lamina_add_model: ${arg_UNPARSED_ARGUMENTS} is no argument of it (options for the compiler go behind OPTIONS)")
  endif()
  if(NOT TARGET ${target})
    message(FATAL_ERROR "lamina_add_model: there is no target ${target}")
  endif()
  cmake_path(ABSOLUTE_PATH model BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE OUTPUT_VARIABLE model_file)
  if(NOT arg_NAME)
    cmake_path(GET model STEM LAST_ONLY arg_NAME)
    string(MAKE_C_IDENTIFIER ${arg_NAME} arg_NAME)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/lamina/${target})
  set(out ${folder}/${arg_NAME}.c)
  set(options ${arg_OPTIONS})
  if(arg_WEIGHTS)
    set(weights ${arg_WEIGHTS})
    if(NOT weights MATCHES "^random(:[0-9]+)?$")
      cmake_path(ABSOLUTE_PATH weights BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    endif()
    list(APPEND options -w ${weights})
  endif()
  if(arg_LINK_RUNTIME)
    list(APPEND options --link-runtime)
    target_link_libraries(${target} PRIVATE Lamina::lamina_rt)
  endif()
  if(arg_THREADS)
    list(APPEND options --threads=${arg_THREADS})
    target_link_libraries(${target} PRIVATE Lamina::lamina_pool)
  endif()
  if(LAMINA_EXECUTABLE)
    set(lamina ${LAMINA_EXECUTABLE})
  else()
    set(lamina Lamina::lamina)
  endif()
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${out} ${folder}/${arg_NAME}.h VERBATIM
    COMMAND ${lamina} compile ${model_file} ${options} --prefix=${arg_NAME} -o ${out} -MD -MF ${out}.d -MT ${out}
    DEPENDS ${model_file} ${lamina} DEPFILE ${out}.d
    COMMENT "Compiling the model ${model} to ${arg_NAME}.c")
  target_sources(${target} PRIVATE ${out} ${folder}/${arg_NAME}.h)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${folder}>)
  if(NOT WIN32)
    target_link_libraries(${target} PRIVATE m)
  endif()
endfunction()
