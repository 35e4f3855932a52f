# Packs the build in folder BUILD as a Debian package into PACKAGES, and unpacks that into UNPACKED.
file(REMOVE_RECURSE "${PACKAGES}" "${UNPACKED}")
if(CONFIG)
  set(config -C "${CONFIG}")
endif()
execute_process(COMMAND "${CMAKE_CPACK_COMMAND}" -G DEB -B "${PACKAGES}" ${config} WORKING_DIRECTORY "${BUILD}"
                COMMAND_ERROR_IS_FATAL ANY)
file(GLOB package "${PACKAGES}/*.deb")
execute_process(COMMAND dpkg-deb -x "${package}" "${UNPACKED}" COMMAND_ERROR_IS_FATAL ANY)
