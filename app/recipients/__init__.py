"""Recipient files and typed lists: bytes in, valid recipients and explained rejections out.

This room knows neither Flask nor the database. Its doors, in the order that a file goes through them:

- ``confined.take_in_file``  what a job calls: all of the below in a child process under limits
- ``reading.read_sheet``     a stored file → ``Sheet`` (csv, txt, xlsx, xls, found by content)
- ``intake.take_in``         ``Sheet`` → ``Intake`` (recipients, rejections, counts)
- ``typed.take_in_typed``    a typed list → ``Intake``
- ``numbers.read_number``    one number
- ``template`` and ``export``   what a client downloads
"""
