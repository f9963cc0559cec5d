"""Recipient files and typed lists: bytes in, valid recipients and explained rejections out.

This room knows neither Flask nor the database. Its doors, in the order that a file goes through them:

- ``reading.read_sheet``       a stored file → ``Sheet`` (csv, txt, xlsx, xls, found by content)
- ``confined.read_confined``  the same in a child process under limits
- ``confined.take_in_file``   that, and ``take_in``: what a job calls
- ``intake.take_in``           ``Sheet`` → ``Intake`` (recipients, rejections, counts)
- ``typed.take_in_typed``      a typed list → ``Intake``
- ``numbers.read_number``      one number
- ``template`` and ``export``  what a client downloads
"""
