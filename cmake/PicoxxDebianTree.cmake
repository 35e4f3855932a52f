# Run by cpack on the tree it has installed, before it is packed: what Debian's policy wants other than CMake installs it.
if(NOT CPACK_GENERATOR STREQUAL DEB)
  return()
endif()
set(tree "${CPACK_TEMPORARY_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX}")
set(doc "${tree}/share/doc/${CPACK_PACKAGE_NAME}")

# Debugging information of static libraries is most of their size.
file(GLOB_RECURSE archives "${tree}/*.a")
if(archives)
  execute_process(COMMAND "${CPACK_PICOXX_STRIP}" --strip-debug --remove-section=.comment --remove-section=.note
                          --enable-deterministic-archives ${archives} COMMAND_ERROR_IS_FATAL ANY)
endif()

file(READ "${CPACK_PICOXX_LICENSE}" license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]*)" copyright "${license}")
set(copyright "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*\nRedistribution and use" "Redistribution and use" license "${license}")
string(REGEX REPLACE "\n\n" "\n.\n" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n" "\n " license "${license}")
file(WRITE "${doc}/copyright" "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: picoxx

Files: *
Copyright: ${copyright}
License: BSD-2-Clause

License: BSD-2-Clause
 ${license}
")

string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE "${doc}/changelog.Debian" "${CPACK_PACKAGE_NAME} (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Built from the sources of picoxx ${CPACK_PACKAGE_VERSION}; changelog.gz says what is new.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
file(RENAME "${tree}/share/doc/picoxx/CHANGELOG.md" "${doc}/changelog")
file(REMOVE_RECURSE "${tree}/share/doc/picoxx")
execute_process(COMMAND gzip -9n "${doc}/changelog" "${doc}/changelog.Debian" COMMAND_ERROR_IS_FATAL ANY)
file(CHMOD_RECURSE "${doc}" FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ
     DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
