# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

# A dependency that is missing is one error which says what to install.

# ovl_require_package(<package> TARGET <imported target> DEBIAN <package> [COMPONENTS <component>...])
macro(ovl_require_package package)
    cmake_parse_arguments(ovl_require "" "TARGET;DEBIAN" "COMPONENTS" ${ARGN})
    if(ovl_require_COMPONENTS)
        find_package(${package} CONFIG QUIET COMPONENTS ${ovl_require_COMPONENTS})
    else()
        find_package(${package} CONFIG QUIET)
    endif()
    if(NOT TARGET ${ovl_require_TARGET})
        message(
            FATAL_ERROR
                "ovl needs ${package} (${ovl_require_TARGET}), which CMake does not find here.\n"
                "On Debian and Ubuntu: apt install ${ovl_require_DEBIAN}\n"
                "Elsewhere: install it and add its prefix to CMAKE_PREFIX_PATH.")
    endif()
endmacro()

# ovl_require_pkg_config(<module> TARGET PkgConfig::<NAME> DEBIAN <package>)
macro(ovl_require_pkg_config module)
    cmake_parse_arguments(ovl_require "" "TARGET;DEBIAN" "" ${ARGN})
    find_package(PkgConfig QUIET)
    if(NOT PkgConfig_FOUND)
        message(FATAL_ERROR "ovl needs pkg-config to find ${module}.\n"
                            "On Debian and Ubuntu: apt install pkg-config")
    endif()
    string(REPLACE "PkgConfig::" "" ovl_require_prefix ${ovl_require_TARGET})
    if(NOT TARGET ${ovl_require_TARGET})
        pkg_check_modules(${ovl_require_prefix} QUIET IMPORTED_TARGET GLOBAL ${module})
    endif()
    if(NOT TARGET ${ovl_require_TARGET})
        message(FATAL_ERROR "ovl needs ${module}, which pkg-config does not find here.\n"
                            "On Debian and Ubuntu: apt install ${ovl_require_DEBIAN}")
    endif()
endmacro()
