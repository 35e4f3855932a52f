# The Debian package libpicoxx-dev, of what is installed: `cpack -G DEB` in the build folder. For the paths of the distribution
# (lib/x86_64-linux-gnu) configure with CMAKE_INSTALL_PREFIX=/usr.
if(NOT PROJECT_IS_TOP_LEVEL OR NOT PICOXX_INSTALL)
  return()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libpicoxx-dev)
set(CPACK_PACKAGE_VENDOR "picoxx authors")
set(CPACK_PACKAGE_CONTACT "picoxx authors <picoxx@example.org>" CACHE STRING "Maintainer of the Debian package")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION} (development files)")
set(CPACK_PACKAGE_DESCRIPTION
"picoxx talks to a Picodata cluster: it finds the nodes, keeps pools of
connections to them, balances statements over them and survives the loss of
nodes.
.
This package has the headers, the static libraries, the loadable plugins and
the CMake package.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # picoxx-devcluster's and the plugins'
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-dev (>= 1.81) | libboost1.81-dev, libpq-dev (>= 14), libspdlog-dev")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libgmock-dev, libgtest-dev")  # picoxx::testing
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake (>= 3.22), libssl-dev, postgresql")  # the last two: the development cluster
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/PicoxxDebianTree.cmake")
set(CPACK_PICOXX_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PICOXX_STRIP "${CMAKE_STRIP}")
include(CPack)
