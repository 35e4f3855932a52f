/* The version of picoxx that these headers are of; CMakeLists.txt has the same. */
#ifndef PICOXX_PORT_VERSION_H
#define PICOXX_PORT_VERSION_H

#define PICOXX_VERSION 0x000100u /* 0x00MMmmpp */
#define PICOXX_VERSION_TEXT "0.1.0"

#endif
