// Boost.JSON itself: the one place where it is compiled.
#include <boost/json/src.hpp>
