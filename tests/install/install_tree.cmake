# Installs the build in folder BUILD into a prefix, and moves that to TREE.
foreach(folder "${TREE}" "${TREE}.installed")
  file(REMOVE_RECURSE "${folder}")
endforeach()
if(CONFIG)
  set(config --config "${CONFIG}")
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${TREE}.installed" ${config}
                COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${TREE}.installed" "${TREE}")
