# Everything picoxx builds with, found once for all folders. All of it comes from packages of Debian 12 or newer; nothing is downloaded.
# PICOXX_FIND_<package>: what find_package gets besides the name, here and in the installed package.
set(PICOXX_FIND_Threads "")
set(PICOXX_FIND_Boost 1.81 CONFIG)      # headers only: Boost::headers; by its own package, since newer CMakes have no FindBoost
set(PICOXX_FIND_PostgreSQL 14)          # PostgreSQL::PostgreSQL, adapters/libpq and the development cluster only
set(PICOXX_FIND_spdlog CONFIG)          # spdlog::spdlog, adapters/spdlog only
set(PICOXX_FIND_GTest "")               # GTest::gmock_main, the tests and picoxx::testing
set(PICOXX_FIND_OpenSSL "")             # the development cluster's TLS and SCRAM, never the driver

find_package(Threads ${PICOXX_FIND_Threads} REQUIRED)
find_package(Boost ${PICOXX_FIND_Boost} REQUIRED)
find_package(PostgreSQL ${PICOXX_FIND_PostgreSQL} REQUIRED)
if(PROJECT_IS_TOP_LEVEL)
  find_package(spdlog ${PICOXX_FIND_spdlog} REQUIRED)
else()
  find_package(spdlog ${PICOXX_FIND_spdlog} QUIET)  # without it there is no picoxx::spdlog
endif()

if(PICOXX_BUILD_TESTS OR PICOXX_BUILD_TESTING_KIT)
  find_package(GTest ${PICOXX_FIND_GTest} REQUIRED)
endif()
if(PICOXX_BUILD_TESTS)
  find_program(PICOXX_VALGRIND valgrind REQUIRED)  # tests/benchmark counts instructions by it
endif()
if(PICOXX_BUILD_TESTS OR PICOXX_BUILD_DEVCLUSTER)
  find_package(OpenSSL ${PICOXX_FIND_OpenSSL} REQUIRED)
endif()
