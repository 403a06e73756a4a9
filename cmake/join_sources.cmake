# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

# ovl_join_sources(<target> <directory>): compiles the target's sources in this directory a batch at a time, so that what
# they include and instantiate, which is nearly all of the work, is compiled once. Each has a namespace to itself, as
# their names are the same; what they include comes first, outside of it.
function(ovl_join_sources target directory)
    set(most_in_a_batch 22)
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "^${directory}/[^/]+\\.cpp$")
    list(LENGTH sources left)
    set(batch 0)
    while(left GREATER 0)
        list(SUBLIST sources 0 ${most_in_a_batch} joined)
        list(REMOVE_ITEM sources ${joined})
        list(LENGTH sources left)
        math(EXPR batch "${batch} + 1")
        ovl_join_batch(${target} "${directory}" ${batch} "${joined}")
    endwhile()
endfunction()

function(ovl_join_batch target directory batch sources)
    set(includes "")
    set(texts "")
    foreach(source IN LISTS sources)
        file(STRINGS "${source}" lines REGEX "^#include [<\"]")
        list(APPEND includes ${lines})
        cmake_path(GET source STEM name)
        string(APPEND texts "namespace apart_${name} {\n#include \"${source}\"\n}\n")
    endforeach()
    list(REMOVE_DUPLICATES includes)
    list(JOIN includes "\n" includes)
    cmake_path(GET directory FILENAME name)
    set(joined "${CMAKE_CURRENT_BINARY_DIR}/joined/${name}_${batch}.cpp")
    file(CONFIGURE OUTPUT "${joined}" CONTENT "@includes@\n@texts@" @ONLY)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})
    set_source_files_properties(${sources} TARGET_DIRECTORY ${target} PROPERTIES HEADER_FILE_ONLY ON)
    target_sources(${target} PRIVATE "${joined}")
    # An unnamed namespace in a file that is included is none to warn of here.
    set_source_files_properties("${joined}" PROPERTIES COMPILE_OPTIONS
        "-iquote;${directory};$<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>")
endfunction()
