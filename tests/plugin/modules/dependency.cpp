extern "C" __attribute__((visibility("default"))) int picoxx_test_dependency();
int picoxx_test_dependency() { return 42; }
