# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

include(CMakePackageConfigHelpers)

set(ovl_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ovl")

set_target_properties(ovl_rootless PROPERTIES EXPORT_NAME rootless)
set_target_properties(ovl_sandbox PROPERTIES EXPORT_NAME sandbox)
# INCLUDES DESTINATION beside the file sets: CMake before 3.23 reads no file set from a package.
install(
    TARGETS ovl ovl_rootless ovl_sandbox
    EXPORT ovl-targets
    FILE_SET HEADERS
    INCLUDES
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(
    EXPORT ovl-targets
    NAMESPACE ovl::
    DESTINATION ${ovl_package_dir})

if(OVL_LIBMOUNT)
    set_target_properties(ovl_libmount PROPERTIES EXPORT_NAME libmount)
    install(
        TARGETS ovl_libmount
        EXPORT ovl-libmount-targets
        FILE_SET HEADERS
        INCLUDES
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(
        EXPORT ovl-libmount-targets
        NAMESPACE ovl::
        DESTINATION ${ovl_package_dir})
endif()

configure_package_config_file(cmake/ovl-config.cmake.in cmake/ovl-config.cmake
                              INSTALL_DESTINATION ${ovl_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(cmake/ovl-config-version.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/cmake/ovl-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/cmake/ovl-config-version.cmake"
        DESTINATION ${ovl_package_dir})

configure_file(cmake/ovl.pc.in cmake/ovl.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/cmake/ovl.pc"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
