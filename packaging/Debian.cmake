# What Debian's policy asks of the staged tree before it becomes a package: manual pages and the changelog compressed, the
# copyright beside them, in the licence's place. Run by CPack (CPACK_PRE_BUILD_SCRIPTS).
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(share "${CPACK_TEMPORARY_DIRECTORY}/usr/share")
file(COPY "${CPACK_LAMINA_PACKAGING}/copyright" DESTINATION "${share}/doc/lamina")
file(COPY "${CPACK_LAMINA_PACKAGING}/changelog" DESTINATION "${share}/doc/lamina")
file(REMOVE "${share}/doc/lamina/LICENSE")
file(MAKE_DIRECTORY "${share}/lintian/overrides")
file(COPY_FILE "${CPACK_LAMINA_PACKAGING}/lintian-overrides" "${share}/lintian/overrides/lamina")
file(GLOB compressed "${share}/man/man1/*.1" "${share}/doc/lamina/changelog")
execute_process(COMMAND gzip -9nf ${compressed} COMMAND_ERROR_IS_FATAL ANY)
