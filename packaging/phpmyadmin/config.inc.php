<?php
/* phpMyAdmin's configuration while it is served for pointsd; Debian's own stays untouched.
   The environment says where: POINTSD_DATABASE_SOCKET and POINTSD_PHPMYADMIN_STATE, a private
   folder with the key of the login cookies, made anew at each start. */

$state = getenv('POINTSD_PHPMYADMIN_STATE');

$cfg['blowfish_secret'] = trim((string) @file_get_contents($state . '/cookie-key'));
$cfg['TempDir'] = $state;
$cfg['Servers'][1] = [
    'auth_type' => 'cookie',
    'host' => 'localhost',
    'socket' => getenv('POINTSD_DATABASE_SOCKET'),
    'AllowNoPassword' => false,
    'only_db' => getenv('POINTSD_DATABASE_NAME') ?: 'network_project',
];
/* Nothing here may ask other hosts. */
$cfg['VersionCheck'] = false;
$cfg['SendErrorReports'] = 'never';
/* The account may not have tables of phpMyAdmin's own. */
$cfg['PmaNoRelation_DisableWarning'] = true;
