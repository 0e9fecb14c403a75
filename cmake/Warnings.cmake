# lamina_warnings(target): the warnings that our own code is free of, and the sanitizers or counters where they are asked for.
function(lamina_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    $<$<C_COMPILER_ID:Clang,AppleClang>:-Wno-enum-float-conversion -Wno-string-concatenation> $<$<BOOL:${LAMINA_WERROR}>:-Werror>)
  if(LAMINA_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(LAMINA_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(LAMINA_COVERAGE)
    target_compile_options(${target} PRIVATE --coverage -fprofile-update=atomic)
    target_link_options(${target} PUBLIC --coverage)
  endif()
endfunction()

# lamina_exact(target): what is computed at compile time (weights folded by a pass, initial values) is the same whatever
# compiler built this one, and for which processor: no products fused with sums.
function(lamina_exact target)
  target_compile_options(${target} PRIVATE $<$<C_COMPILER_ID:GNU,Clang,AppleClang>:-ffp-contract=off>)
endfunction()
