# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

# For checks that call compilers themselves.

# ovl_compiler_flags(<target> <variable>): sets the variable to the argument that gives a compiler
# what it needs for a target's headers (a response file, written when the build is generated).
# Dependencies are system headers there, as they are to a consumer.
function(ovl_compiler_flags target variable)
    set(all "$<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>")
    set(own "^${PROJECT_SOURCE_DIR}/")
    set(own_dirs "$<FILTER:${all},INCLUDE,${own}>")
    # /usr/include is searched anyway; naming it would put it before the C++ library's directories.
    set(system_dirs "$<FILTER:$<FILTER:${all},EXCLUDE,${own}>,EXCLUDE,^/usr/include/?$>")
    set(file "${PROJECT_BINARY_DIR}/compiler_flags/${target}")
    file(GENERATE OUTPUT "${file}" CONTENT
"-std=c++20
$<$<BOOL:${own_dirs}>:-I\"$<JOIN:${own_dirs},\"
-I\">\">
$<$<BOOL:${system_dirs}>:-isystem \"$<JOIN:${system_dirs},\"
-isystem \">\">
")
    set(${variable} "@${file}" PARENT_SCOPE)
endfunction()

# ovl_find_compilers(<variable>): the build's own compiler first, then a g++ and a clang++ new enough,
# where there is one of that family beside it.
function(ovl_find_compilers variable)
    set(found "${CMAKE_CXX_COMPILER}")
    foreach(family IN ITEMS "GNU:g++:12" "Clang:clang++:14")
        string(REPLACE ":" ";" family "${family}")
        list(GET family 0 identity)
        list(GET family 1 command)
        list(GET family 2 oldest)
        if(identity STREQUAL CMAKE_CXX_COMPILER_ID)
            continue()
        endif()
        foreach(suffix IN ITEMS "" -20 -19 -18 -17 -16 -15 -14 -13 -12)
            find_program(OVL_COMPILER_${command}${suffix} ${command}${suffix})
            mark_as_advanced(OVL_COMPILER_${command}${suffix})
            set(candidate "${OVL_COMPILER_${command}${suffix}}")
            if(candidate)
                execute_process(COMMAND "${candidate}" -dumpversion OUTPUT_VARIABLE version
                                OUTPUT_STRIP_TRAILING_WHITESPACE)
                if(version VERSION_GREATER_EQUAL oldest)
                    list(APPEND found "${candidate}")
                    break()
                endif()
            endif()
        endforeach()
    endforeach()
    set(${variable} "${found}" PARENT_SCOPE)
endfunction()
