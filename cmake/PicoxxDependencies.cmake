# Everything picoxx builds with, found once for all folders. All of it comes from Debian 12 packages; nothing is downloaded.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)       # headers only: Boost::headers
find_package(PostgreSQL 14 REQUIRED)    # PostgreSQL::PostgreSQL, adapters/libpq and tests only
find_package(spdlog REQUIRED CONFIG)    # spdlog::spdlog, adapters/spdlog only

if(PICOXX_BUILD_TESTS OR PICOXX_BUILD_TESTING_KIT)
  find_package(GTest REQUIRED)          # GTest::gmock_main
endif()
if(PICOXX_BUILD_TESTS)
  find_program(PICOXX_VALGRIND valgrind REQUIRED)  # tests/benchmark counts instructions by it
endif()
if(PICOXX_BUILD_TESTS OR PICOXX_BUILD_DEVCLUSTER)
  find_package(OpenSSL REQUIRED)        # the development cluster's TLS and SCRAM, never the driver
endif()
